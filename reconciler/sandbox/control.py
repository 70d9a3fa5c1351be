"""The control port: time, faults, settings, and what really is."""

import dataclasses
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.settings import Amount, SettingError, did_you_mean
from reconciler.sandbox.vendor import Json

_SECONDS = Amount(0, 100 * 366 * 86_400, is_whole=False)
_Handler = Callable[[Sandbox, Request, Json], Json]


def control_app(sandbox: Sandbox, on_changed: Callable[[], None]) -> Router:
    """The control routes; `on_changed` is called after each POST and DELETE."""
    routes = [
        Route(f"/_sandbox/{path}", _endpoint(sandbox, handler, on_changed), methods=[method])
        for path, method, handler in _ROUTES
    ]
    return Router(routes, default=_unknown_route, redirect_slashes=False)


def _endpoint(
    sandbox: Sandbox, handler: _Handler, on_changed: Callable[[], None]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            answer = handler(sandbox, request, await _body(request))
        except SettingError as error:
            return JSONResponse({"message": str(error)}, 400)
        if request.method != "GET":
            on_changed()
        return JSONResponse(answer)

    return endpoint


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SettingError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise SettingError("the body must be an object")
    return body


async def _unknown_route(scope: object, receive: object, send: object) -> None:
    known = sorted({f"/_sandbox/{path}" for path, _, _ in _ROUTES})
    path = cast(dict[str, str], scope)["path"]
    answer = JSONResponse({"message": f"no route {path}{did_you_mean(path, known)}"}, 404)
    await answer(scope, receive, send)  # type: ignore[arg-type]


def _vendor_asked(sandbox: Sandbox, request: Request) -> str | None:
    name = request.query_params.get("vendor")
    if name is not None:
        sandbox.vendor(name)
    return name


def _only(body: Json, *known: str) -> None:
    for name in body:
        if name not in known:
            raise SettingError(f"there is no {name!r} here{did_you_mean(name, known)}")


def _time(sandbox: Sandbox) -> Json:
    now = datetime.fromtimestamp(sandbox.clock.now_s(), UTC)
    return {"now": now.isoformat().replace("+00:00", "Z"), "speed": sandbox.clock.speed}


def _clock(sandbox: Sandbox, _request: Request, _body: Json) -> Json:
    return _time(sandbox)


def _advance(sandbox: Sandbox, _request: Request, body: Json) -> Json:
    _only(body, "seconds")
    seconds = body.get("seconds")
    if not _SECONDS.accepts(seconds):
        raise SettingError(f"seconds takes {_SECONDS.says()}, not {seconds!r}")
    sandbox.clock.advance(seconds)
    return _time(sandbox)


def _reset(sandbox: Sandbox, _request: Request, body: Json) -> Json:
    _only(body)
    sandbox.reset()
    return _time(sandbox)


def _requests(sandbox: Sandbox, request: Request, _body: Json) -> Json:
    return sandbox.log.listed(_vendor_asked(sandbox, request))


def _objects(sandbox: Sandbox, request: Request, _body: Json) -> Json:
    asked = _vendor_asked(sandbox, request)
    if asked is not None:
        return sandbox.vendors[asked].objects()
    return {name: vendor.objects() for name, vendor in sandbox.vendors.items()}


def _faults(sandbox: Sandbox, request: Request, _body: Json) -> Json:
    listed = sandbox.faults.listed(_vendor_asked(sandbox, request))
    return [dataclasses.asdict(fault) for fault in listed]


def _add_fault(sandbox: Sandbox, _request: Request, body: Json) -> Json:
    return dataclasses.asdict(sandbox.faults.add(body))


def _clear_faults(sandbox: Sandbox, request: Request, _body: Json) -> Json:
    return {"cleared": sandbox.faults.clear(_vendor_asked(sandbox, request))}


def _settings(sandbox: Sandbox, request: Request, _body: Json) -> Json:
    asked = _vendor_asked(sandbox, request)
    if asked is not None:
        return sandbox.vendors[asked].settings()
    return {name: vendor.settings() for name, vendor in sandbox.vendors.items()}


def _change_settings(sandbox: Sandbox, _request: Request, body: Json) -> Json:
    vendor = sandbox.vendor(body.pop("vendor", None))
    vendor.change_settings(body)
    return vendor.settings()


def _cpu(_sandbox: Sandbox, _request: Request, _body: Json) -> Json:
    return {"cpu_s": time.process_time()}


_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("clock", "GET", _clock),
    ("advance", "POST", _advance),
    ("reset", "POST", _reset),
    ("requests", "GET", _requests),
    ("objects", "GET", _objects),
    ("faults", "GET", _faults),
    ("faults", "POST", _add_fault),
    ("faults", "DELETE", _clear_faults),
    ("settings", "GET", _settings),
    ("settings", "POST", _change_settings),
    ("cpu", "GET", _cpu),
)
