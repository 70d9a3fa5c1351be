"""Runs one command and writes what it took: seconds of wall and CPU, KiB of peak memory, exit code.

A process of its own and small on purpose: the kernel counts a parent's memory to the peak of the
child it starts, until the child has become the command. Started as a file with `-I -S`.
"""

import os
import sys
from time import perf_counter

FLOOR_KIB = 12_000
"""About what this process itself takes: no peak below it can be seen."""


def main(report: str, command: list[str]) -> None:
    """Run `command` to its end and write four numbers to the file `report`."""
    began = perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall_s = perf_counter() - began
    cpu_s = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs memory here
        file.write(f"{wall_s} {cpu_s} {usage.ru_maxrss} {code}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
