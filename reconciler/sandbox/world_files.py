"""Files of the sandbox: worlds to begin with, the world that is kept, the file of addresses."""

import json
import os
import tempfile
from pathlib import Path

from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.vendor import Json

_KEPT_NAME = "world.json"
_WORLDS = Path(__file__).parent / "worlds"


def read_world(name_or_path: str) -> dict[str, Json]:
    """A seeded world, by vendor: a built-in one by its name, else a JSON file.

    Raises:
        WorldError: there is no such world, or the file is not a JSON object.
    """
    built_in = sorted(path.stem for path in _WORLDS.glob("*.json"))
    path = Path(name_or_path)
    if name_or_path in built_in:
        path = _WORLDS / f"{name_or_path}.json"
    elif not path.is_file():
        raise WorldError(f"{name_or_path} is no file and no world of ours ({', '.join(built_in)})")
    world = _read_json(path)
    if not isinstance(world, dict):
        raise WorldError(f"{path} must hold an object of vendors")
    return world


def read_kept(folder: Path) -> Json:
    """The world that `keep` wrote there; None the first time.

    Raises:
        WorldError: the file is damaged.
    """
    path = folder / _KEPT_NAME
    return _read_json(path) if path.exists() else None


def keep(folder: Path, saved: Json) -> None:
    """Write the world for `read_kept`, readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / _KEPT_NAME, saved)


def write_private(path: Path, content: Json) -> None:
    """Write JSON so that a reader sees the whole of it or the former file, with mode 0600."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read_json(path: Path) -> Json:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WorldError(f"{path} can't be read as JSON: {error}") from error
