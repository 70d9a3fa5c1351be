"""A worker: what it is, how it is set, what it renders.

Source: Deadline 10 REST pages, workers; real answers for the names of the keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from reconciler.sandbox.vendor import Json


class WorkerStat(IntEnum):
    """What a worker is doing."""

    RENDERING = 1
    IDLE = 2
    OFFLINE = 3
    STALLED = 4


GONE = frozenset({WorkerStat.OFFLINE, WorkerStat.STALLED})
_GIB = 1024**3
_FIRST_INFO: Mapping[str, Json] = {
    "User": "render",
    "IP": "",
    "MAC": "",
    "OS": "Linux",
    "Arch": "x64",
    "Ver": "v10.4.0.0 Release (emulator)",
    "Procs": 16,
    "ProcSpd": 2900,
    "RAM": 64 * _GIB,
    "Swap": 0,
    "Disk": 500 * _GIB,
    "DiskStr": "500.000 GB on /",
    "DiskRead": 0,
    "DiskWrit": 0,
    "NetSent": 0,
    "NetRecv": 0,
    "UpTime": 0.0,
    "Vid": "none",
    "Msg": "",
    "Port": 0,
    "Config": "",
    "Reg": "none",
    "OnTskComp": "Continue Running",
    "UBL": False,
    "AWSP": False,
    "AWSInfo": "",
}
_FIRST_SETTINGS: Mapping[str, Json] = {
    "Enable": True,
    "Cmmt": "",
    "Desc": "",
    "TskLmt": 0,
    "NrmTime": 1.0,
    "NrmTimeout": 1.0,
    "AffinOvr": False,
    "Affin": [],
    "GpuAffinOvr": False,
    "GpuAffin": [],
    "HostMachineIPAddress": "",
    "RegName": "none",
    "GrpMapID": "",
    "OptIns": {},
    "EventOI": [],
    "Mode": 0,
    "UsrNms": [],
    **{f"Ex{i}": "" for i in range(10)},
    "ExDic": {},
}
OWN_SETTINGS = frozenset(_FIRST_SETTINGS)


@dataclass(slots=True)
class Worker:
    """`running` holds the job and number of each task that it renders; all are of one job."""

    name: str
    measured: dict[str, Json] = field(default_factory=lambda: dict(_FIRST_INFO))
    settings: dict[str, Json] = field(default_factory=lambda: dict(_FIRST_SETTINGS))
    pools: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    stat: WorkerStat = WorkerStat.IDLE
    running: list[tuple[str, int]] = field(default_factory=list)
    completed: int = 0
    failed: int = 0
    rendered_s: float = 0.0
    since_s: float = 0.0
    history: list[str] = field(default_factory=list)

    @property
    def may_render(self) -> bool:
        """Whether it is there and enabled."""
        return self.stat not in GONE and bool(self.settings["Enable"])

    def task_limit(self) -> int:
        """How many tasks at once it takes of a job that asks to be capped."""
        return int(self.settings["TskLmt"]) or int(self.measured["Procs"])
