"""A client in the style of the vendor's standalone Python API, written from its description alone.

It knows urllib and nothing of the emulator. Its habits are those of the oldest clients at large:
credentials go out only when the server asks for them, JSON travels as a form, a blank in a query
is a `+`, an answer is JSON if it reads as such and bare text otherwise, an error is its text.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote_plus
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

REFUSED = "Error: HTTP Status Code 401. Authentication with the Web Service failed."


class DeadlineCon:
    """One connection; each group of requests is an attribute, as in the vendor's API."""

    def __init__(self, host: str, port: int) -> None:
        self._address = f"http://{host}:{port}"
        self._opener: OpenerDirector = build_opener(ProxyHandler({}))
        self.jobs = Jobs(self)
        self.tasks = Tasks(self)
        self.pools = Names(self, "pools", "Pool")
        self.groups = Names(self, "groups", "Group")
        self.limits = Limits(self)
        self.slaves = Slaves(self)

    def set_authentication(self, user: str, password: str) -> None:
        """Answer challenges from now on."""
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self._address, user, password)
        self._opener = build_opener(ProxyHandler({}), HTTPBasicAuthHandler(passwords))

    def get(self, resource: str, **query: Any) -> Any:
        """A read."""
        return self._send("GET", resource, query)

    def delete(self, resource: str, **query: Any) -> Any:
        """A deletion."""
        return self._send("DELETE", resource, query)

    def put(self, resource: str, body: Any) -> Any:
        """A command."""
        return self._send("PUT", resource, {}, body)

    def post(self, resource: str, body: Any) -> Any:
        """A creation."""
        return self._send("POST", resource, {}, body)

    def _send(self, method: str, resource: str, query: dict[str, Any], body: Any = None) -> Any:
        words = "&".join(
            f"{name}={quote_plus(_listed(value), ',')}" for name, value in query.items()
        )
        url = f"{self._address}/api/{resource}" + (f"?{words}" if words else "")
        # urllib calls a body without a type application/x-www-form-urlencoded
        raw = None if body is None else json.dumps(body).encode()
        try:
            with self._opener.open(Request(url, data=raw, method=method), timeout=20) as answer:
                text = answer.read().replace(b"\n", b" ").decode()
        except HTTPError as error:
            with error:
                if error.code == 401:
                    return REFUSED
                text = error.read().decode()
        try:
            return json.loads(text)
        except ValueError:
            return text


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)


class Jobs:
    """Jobs."""

    def __init__(self, con: DeadlineCon) -> None:
        self._con = con

    def ids(self) -> Any:
        return self._con.get("jobs", IdOnly=True)

    def all(self) -> Any:
        return self._con.get("jobs")

    def in_states(self, *states: str) -> Any:
        return self._con.get("jobs", States=states)

    def one(self, job_id: str) -> Any:
        found = self._con.get("jobs", JobID=job_id)
        return found[0] if isinstance(found, list) and found else found

    def details(self, job_id: str) -> Any:
        return self._con.get("jobs", JobID=job_id, Details=True)

    def submit(self, info: Any, plugin: Any, aux: Iterable[str] = (), **more: Any) -> Any:
        body = {"JobInfo": info, "PluginInfo": plugin, "AuxFiles": list(aux), **more}
        return self._con.post("jobs", body)

    def submit_several(self, jobs: Any, dependent: str) -> Any:
        return self._con.post("jobs", {"Jobs": jobs, "Dependent": dependent})

    def save(self, job: Any) -> Any:
        return self._con.put("jobs", {"Command": "save", "Job": job})

    def command(self, name: str, job_id: str, **more: Any) -> Any:
        return self._con.put("jobs", {"Command": name, "JobID": job_id, **more})

    def delete(self, job_id: str) -> Any:
        return self._con.delete("jobs", JobID=job_id)

    def deleted(self) -> Any:
        return self._con.get("jobs", Deleted=True)

    def purge(self, job_id: str) -> Any:
        return self._con.delete("jobs", Purge=True, JobID=job_id)


class Tasks:
    """Tasks of jobs."""

    def __init__(self, con: DeadlineCon) -> None:
        self._con = con

    def of(self, job_id: str) -> Any:
        return self._con.get("tasks", JobID=job_id)

    def one(self, job_id: str, task_id: int) -> Any:
        found = self._con.get("tasks", JobID=job_id, TaskID=task_id)
        return found[0] if isinstance(found, list) and found else found

    def ids(self, job_id: str) -> Any:
        return self._con.get("tasks", JobID=job_id, IdOnly=True)

    def command(self, name: str, job_id: str, **more: Any) -> Any:
        return self._con.put("tasks", {"Command": name, "JobID": job_id, **more})


class Names:
    """Pools or groups."""

    def __init__(self, con: DeadlineCon, resource: str, key: str) -> None:
        self._con = con
        self._resource = resource
        self._key = key

    def all(self) -> Any:
        return self._con.get(self._resource)

    def add(self, names: Any) -> Any:
        return self._con.post(self._resource, {self._key: names})

    def give(self, workers: Any, names: Any, **more: Any) -> Any:
        return self._con.put(self._resource, {"Slave": workers, self._key: names, **more})

    def workers(self, names: Any) -> Any:
        return self._con.get(self._resource, **{self._key: names})

    def take(self, workers: Any, names: Any) -> Any:
        return self._con.delete(self._resource, Slaves=workers, **{self._key: names})

    def delete(self, names: Any) -> Any:
        return self._con.delete(self._resource, **{self._key: names})


class Limits:
    """Limit groups."""

    def __init__(self, con: DeadlineCon) -> None:
        self._con = con

    def names(self) -> Any:
        return self._con.get("limitgroups", NamesOnly=True)

    def one(self, name: str) -> Any:
        return self._con.get("limitgroups", Name=name)

    def several(self, names: Iterable[str]) -> Any:
        return self._con.get("limitgroups", Names=names)

    def set(self, name: str, **values: Any) -> Any:
        return self._con.put("limitgroups", {"Command": "set", "Name": name, **values})

    def delete(self, name: str) -> Any:
        return self._con.delete("limitgroups", Names=name)


class Slaves:
    """Workers."""

    def __init__(self, con: DeadlineCon) -> None:
        self._con = con

    def names(self) -> Any:
        return self._con.get("slaves", NamesOnly=True)

    def both(self, name: str) -> Any:
        found = self._con.get("slaves", Data="infosettings", Name=name)
        return found[0] if isinstance(found, list) and found else found

    def save_settings(self, settings: Any) -> Any:
        return self._con.put("slaves", {"Command": "savesettings", "SlaveSettings": settings})
