"""/api/limitgroups.

Source: Deadline 10 REST pages, limit groups.
"""

from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.limit import Limit
from reconciler.sandbox.deadline.shapes import Shapes
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    json_answer,
    needed,
    refused,
    text_of,
    texts_of,
)
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer, Json


class LimitRoutes:
    """The routes of limits."""

    def __init__(self, world: World, life: JobLife) -> None:
        self._world = world
        self._life = life
        self._shapes = Shapes(world)
        self._success = Success(world.switches)

    def get(self, asked: Asked) -> Answer:
        """All limits, their names, some of them, or one."""
        one = asked.query("Name")
        if one is not None:
            limit = self._world.limits.get(one.lower())
            if limit is None:
                raise refused(404, f"there is no limit {one[:60]}.")
            return json_answer(self._shapes.limit(limit))
        limits = [one for one in self._world.limits.values() if one.listed_from_s <= asked.now_s]
        if "Names" in asked.call.query:
            wanted = {name.lower() for name in asked.names("Names")}
            limits = [limit for limit in limits if limit.name.lower() in wanted]
        if asked.call.duplicates_page:
            limits = limits * 2
        if asked.flag("NamesOnly"):
            return json_answer([limit.name for limit in limits])
        return json_answer([self._shapes.limit(limit) for limit in limits])

    def put(self, asked: Asked) -> Answer:
        """Create or change a limit, or zero its usage."""
        body = asked.body()
        command = text_of(body, "Command").lower()
        match command:
            case "set":
                self._set(text_of(body, "Name"), body, asked)
            case "save":
                self._save(body, asked)
            case "reset":
                self._found(text_of(body, "Name")).holders.clear()
            case _:
                raise failed(f"invalid command {command[:60]}.")
        self._life.want_scan(asked.now_s + self._world.switches["dequeue_s"])
        return self._success()

    def _found(self, name: str) -> Limit:
        limit = self._world.limits.get(name.lower())
        if limit is None:
            raise failed(f"there is no limit {name[:60]}.")
        return limit

    def _set(self, name: str, values: dict[str, Json], asked: Asked) -> None:
        limit = self._world.limits.get(name.lower())
        fresh = Limit(name, listed_from_s=asked.now_s + asked.call.slow_list_s)
        changed = changed_limit(limit or fresh, values)
        self._world.limits[name.lower()] = changed

    def _save(self, body: dict[str, Json], asked: Asked) -> None:
        sent = needed(body, "LimitGroup")
        if not isinstance(sent, dict):
            raise invalid("LimitGroup must be an object.")
        name = sent.get("Name") or sent.get("_id")
        if not isinstance(name, str):
            raise failed("the limit has no Name.")
        props = sent.get("Props")
        self._set(name, props if isinstance(props, dict) else sent, asked)

    def delete(self, asked: Asked) -> Answer:
        """Remove limits; jobs keep their names and wait for ever."""
        names = [name.lower() for name in asked.names("Names")]
        if not names:
            raise invalid("at least one limit name is needed.")
        unknown = next((name for name in names if name not in self._world.limits), None)
        if unknown is not None and self._world.switches["unknown_delete"] == "error":
            raise failed(f"there is no limit {unknown[:60]}.")
        for name in names:
            self._world.limits.pop(name, None)
        return self._success()


def changed_limit(limit: Limit, values: dict[str, Json]) -> Limit:
    """The limit with the values that are given; what is missing keeps its value.

    Raises:
        Refused: 400, a list is none; 500, another value has a wrong type.
    """
    count, release = values.get("Limit"), values.get("RelPer")
    white = values.get("White")
    if count is not None and (type(count) is not int or not 0 <= count < 2**31):
        raise failed("Limit must be an integer.")
    if release is not None and type(release) not in {int, float}:
        raise failed("RelPer must be a number.")
    if white is not None and not isinstance(white, bool):
        raise failed("White must be a boolean.")
    if values.get("Slaves") is not None:
        limit.workers = texts_of(values, "Slaves")
    if values.get("SlavesEx") is not None:
        limit.exempt = texts_of(values, "SlavesEx")
    limit.count = limit.count if count is None else count
    limit.release = limit.release if release is None else float(release)
    limit.white = limit.white if white is None else white
    return limit
