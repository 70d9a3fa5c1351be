"""Creations of one object, or of many in one call.

Source: Qarnot Compute API v1.0 page, which gives no codes; SDK python 2.23 for the items.
"""

import json
from collections.abc import Callable
from typing import Any

from reconciler.sandbox.qarnot.common_routes import creation_answer, hide_new
from reconciler.sandbox.qarnot.errors import Refused, validation_error
from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.transport import Asked, Route
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer, Json

Create = Callable[[Json, float], Any]


def creation_route(world: World, collection: str, create: Create) -> Route:
    """POST of an object, or of a list of objects; in a list each has a code of its own."""

    def route(asked: Asked) -> Answer:
        body = asked.json()
        if isinstance(body, list):
            items = [_item(world, asked, collection, create, one) for one in body]
            return Answer(world.switches["bulk_status"], encoded(items))
        return creation_answer(world, asked, collection, create(_object(body), asked.now_s))

    return route


def _object(body: Json) -> Json:
    if not isinstance(body, dict):
        raise validation_error({"$": ["The JSON value could not be converted."]})
    return body


def _item(world: World, asked: Asked, collection: str, create: Create, body: Json) -> Json:
    try:
        item = create(_object(body), asked.now_s)
    except Refused as refused:
        message = _message(json.loads(refused.answer.body))
        return {"statusCode": refused.answer.status, "uuid": None, "message": message}
    hide_new(world.collections()[collection[:-1]], asked, item)
    code = world.switches["bulk_item_status"]
    return {"statusCode": code, "uuid": item.uuid, "message": None}


def _message(error: Json) -> str:
    if "message" in error:
        return str(error["message"])
    return "; ".join(f"{path}: {' '.join(texts)}" for path, texts in error["errors"].items())
