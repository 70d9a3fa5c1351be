"""The console script: what must be quick, and the last net under everything."""

from __future__ import annotations

import sys

from reconciler import __version__


def main() -> None:
    """Run one command and end the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["-version"], ["version"]):
        print(f"reconciler {__version__}")
        return
    from reconciler.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
