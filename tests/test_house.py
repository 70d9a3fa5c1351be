"""The house rules that a machine can read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from reconciler.errors import PlanRefused
from reconciler.graph import waves

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "reconciler"

NEAREST: dict[str, tuple[str, ...]] = {
    "errors": (),
    "answers": ("errors",),
    "quantities": (),
    "ranges": ("quantities",),
    "lifecycle": (),
    "pointers": (),
    "values": ("errors",),
    "address": ("errors",),
    "graph": ("errors",),
    "spec_model": ("quantities",),
    "fields": ("values", "quantities"),
    "kinds": ("fields",),
    "model": ("address", "values", "kinds", "ranges", "lifecycle", "pointers"),
    "settings": ("model",),
    "report": ("model",),
    "ports": ("model", "report"),
    "manifest": ("settings", "spec_model", "kinds", "model", "graph"),
    "diff": ("model",),
    "state": ("model", "ports"),
    "observe": ("settings", "model", "ports", "answers"),
    "plan": ("settings", "diff", "graph", "model"),
    "render": ("plan", "report", "errors"),
    "apply": ("plan", "observe", "ports"),
    "workflow": ("manifest", "apply"),
    "providers": ("model", "ports", "settings", "spec_model", "kinds", "answers"),
    "sandbox": (),
    "cli": ("workflow", "render", "state", "providers", "sandbox"),
}
"""The nearest rooms each room may import; what those stand on comes with them."""

IMPURE_ROOMS = frozenset({"state", "observe", "apply", "workflow", "providers", "sandbox", "cli"})
PURE_FILES = frozenset({"reconciler/apply/machine.py"})
"""Core files inside rooms that are not core."""

IMPURE_MODULES = frozenset({
    "asyncio", "ctypes", "fcntl", "ftplib", "glob", "http.client", "httpx", "io", "logging",
    "multiprocessing", "os", "random", "requests", "secrets", "select", "selectors", "shutil",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time",
    "urllib.request", "uuid",
})  # fmt: skip
IMPURE_BUILTINS = frozenset({"open", "input", "print", "breakpoint", "exec", "eval"})
CLOCK_READS = frozenset({"now", "utcnow", "today"})
BARRED_WORDS = frozenset(["util", "utils", "helper", "helpers", "manager", "data", "info", "misc"])
MUTABLE_CALLS = frozenset({"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter"})

FUNCTION_LINES = 40
FILE_LINES = 400
WORKFLOW_LINES = 200
TEST_LINES = 600
PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its path from the root with forward slashes, and what stands in it."""

    file: str
    text: str
    nodes: tuple[ast.AST, ...]
    """The module, then all that stands in it."""

    @classmethod
    def of(cls, file: str, text: str) -> Module:
        return cls(file, text, tuple(ast.walk(ast.parse(text, file))))

    @property
    def name(self) -> str:
        parts = PurePosixPath(self.file).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_ours(self) -> bool:
        return self.file.startswith(f"{PACKAGE}/")

    @property
    def is_pure(self) -> bool:
        room = room_of(self.name)
        return self.is_ours and (room not in IMPURE_ROOMS or self.file in PURE_FILES)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Function]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[tuple[int, str]]:
        """Every imported module's full name and its line; `from a import b` counts as `a.b`."""
        package = self.name if self.file.endswith("/__init__.py") else self.name.rpartition(".")[0]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*(above if node.level else ()), *filter(None, [node.module])])
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


Rule = Callable[[Module], Iterable[str]]


@cache
def house() -> tuple[Module, ...]:
    files = [file for top in (PACKAGE, "tests") for file in sorted((ROOT / top).rglob("*.py"))]
    return tuple(
        Module.of(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files
    )


def room_of(module: str) -> str:
    """`reconciler.diff.compare` as `diff`; the package itself and foreign modules are no room."""
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else ""


@cache
def stands_on(room: str) -> frozenset[str]:
    """The rooms a room may import: the nearest, and all that those stand on."""
    nearest = NEAREST[room]
    return frozenset(nearest).union(*map(stands_on, nearest))


@cache
def vendor_of(module: str) -> str:
    """`reconciler.providers.qarnot.client` as `qarnot`; what all vendors share as nothing."""
    parts = module.split(".")
    if parts[:2] != [PACKAGE, "providers"] or len(parts) < 3:
        return ""
    is_shared = (ROOT / PACKAGE / "providers" / f"{parts[2]}.py").exists()
    return "" if is_shared else parts[2]


# --- the rules ------------------------------------------------------------------------------------


def a_room_imports_only_what_it_stands_on(module: Module) -> Iterator[str]:
    room = room_of(module.name)
    if not module.is_ours or not room:
        return
    if room not in NEAREST:
        yield f"{module.file}:1: '{room}' is no room of the house"
        return
    for line, name in module.imports():
        other = room_of(name)
        if other and other in NEAREST and other != room and other not in stands_on(room):
            yield f"{module.file}:{line}: {room} may not import {other} ({name})"


def two_providers_do_not_know_each_other(module: Module) -> Iterator[str]:
    vendor = vendor_of(module.name)
    for line, name in module.imports() if vendor else ():
        if vendor_of(name) not in ("", vendor) or name.startswith(f"{PACKAGE}.providers.registry"):
            yield f"{module.file}:{line}: {vendor} imports {name}"


def nothing_imports_the_tests(module: Module) -> Iterator[str]:
    for line, name in module.imports():
        if module.is_ours and name.split(".")[0] == "tests":
            yield f"{module.file}:{line}: the package imports {name}"


def the_core_imports_no_io(module: Module) -> Iterator[str]:
    for line, name in module.imports() if module.is_pure else ():
        parts = name.split(".")
        heads = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if heads & IMPURE_MODULES or name == "pathlib.Path":
            yield f"{module.file}:{line}: the core imports {name}"


def the_core_calls_no_io(module: Module) -> Iterator[str]:
    calls = [node for node in module.nodes if isinstance(node, ast.Call)]
    for node in calls if module.is_pure else ():
        match node.func:
            case ast.Name(id=name) if name in IMPURE_BUILTINS:
                yield f"{module.file}:{node.lineno}: the core calls {name}"
            case ast.Attribute(attr=name, value=ast.Name(id="datetime" | "date")) if (
                name in CLOCK_READS
            ):
                yield f"{module.file}:{node.lineno}: the core reads the clock"


def a_function_is_at_most_forty_lines(module: Module) -> Iterator[str]:
    for function in module.functions():
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES:
            yield f"{module.file}:{function.lineno}: {function.name} has {length} lines"


def a_file_is_short(module: Module) -> Iterator[str]:
    path = PurePosixPath(module.file)
    if path.match(f"{PACKAGE}/providers/*/kinds/*.py"):
        return
    ceiling = TEST_LINES if not module.is_ours else FILE_LINES
    if module.file == f"{PACKAGE}/workflow.py":
        ceiling = WORKFLOW_LINES
    if module.lines > ceiling:
        yield f"{module.file}:{module.lines}: more than {ceiling} lines"


def a_function_takes_at_most_six_parameters(module: Module) -> Iterator[str]:
    for function in module.functions() if module.is_ours else ():
        names = [each.arg for each in _parameters(function)]
        count = len([name for name in names if name not in ("self", "cls")])
        if count > PARAMETERS:
            yield f"{module.file}:{function.lineno}: {function.name} takes {count} parameters"


def a_package_file_is_empty(module: Module) -> Iterator[str]:
    if not module.file.endswith("/__init__.py") or not module.text.strip():
        return
    tree = module.nodes[0]
    assert isinstance(tree, ast.Module)
    statements = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.Expr)]
    is_version = len(statements) == 1 and statements[0].startswith("__version__ = ")
    if module.file != f"{PACKAGE}/__init__.py" or not is_version:
        yield f"{module.file}:1: a package file holds nothing but the version"


def a_module_is_named_after_what_is_in_it(module: Module) -> Iterator[str]:
    for part in PurePosixPath(module.file).with_suffix("").parts:
        if BARRED_WORDS & set(part.lower().split("_")):
            yield f"{module.file}:1: '{part}' says nothing"


def a_default_is_never_mutable(module: Module) -> Iterator[str]:
    for function in module.functions():
        defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
        if any(map(_is_mutable, defaults)):
            yield f"{module.file}:{function.lineno}: {function.name} has a mutable default"


def a_boolean_is_passed_by_name(module: Module) -> Iterator[str]:
    for function in module.functions() if module.is_ours else ():
        arguments = [*function.args.posonlyargs, *function.args.args]
        padding = len(arguments) - len(function.args.defaults)
        defaults = [None] * padding + list(function.args.defaults)
        for argument, default in zip(arguments, defaults, strict=True):
            if _is_boolean(argument.annotation, default):
                yield (
                    f"{module.file}:{argument.lineno}: {function.name} takes the boolean "
                    f"'{argument.arg}' by position"
                )


def no_module_keeps_state(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if module.is_ours and isinstance(node, ast.Global):
            yield f"{module.file}:{node.lineno}: 'global {', '.join(node.names)}'"


RULES: tuple[Rule, ...] = (
    a_room_imports_only_what_it_stands_on,
    two_providers_do_not_know_each_other,
    nothing_imports_the_tests,
    the_core_imports_no_io,
    the_core_calls_no_io,
    a_function_is_at_most_forty_lines,
    a_file_is_short,
    a_function_takes_at_most_six_parameters,
    a_package_file_is_empty,
    a_module_is_named_after_what_is_in_it,
    a_default_is_never_mutable,
    a_boolean_is_passed_by_name,
    no_module_keeps_state,
)


def _parameters(function: Function) -> list[ast.arg]:
    arguments = function.args
    rest = filter(None, (arguments.vararg, arguments.kwarg))
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def _is_mutable(default: ast.expr) -> bool:
    if isinstance(default, ast.Call) and isinstance(default.func, ast.Name):
        return default.func.id in MUTABLE_CALLS
    literals = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    return isinstance(default, literals)


def _is_boolean(annotation: ast.expr | None, default: ast.expr | None) -> bool:
    is_typed = isinstance(annotation, ast.Name) and annotation.id == "bool"
    return is_typed or (isinstance(default, ast.Constant) and isinstance(default.value, bool))


def _import_graph(modules: Iterable[Module]) -> dict[str, frozenset[str]]:
    modules = tuple(modules)
    names = {module.name for module in modules}
    graph = {}
    for module in modules:
        found = {name if name in names else name.rpartition(".")[0] for _, name in module.imports()}
        graph[module.name] = frozenset(found & names - {module.name})
    return graph


# --- the house keeps them -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    broken = [each for module in house() for each in rule(module)]
    assert not broken, f"{rule.__name__.replace('_', ' ')}:\n" + "\n".join(broken)


def test_no_modules_import_each_other_in_a_circle() -> None:
    waves(_import_graph(module for module in house() if module.is_ours))


def test_the_table_of_rooms_is_itself_without_a_circle() -> None:
    waves({room: frozenset(nearest) for room, nearest in NEAREST.items()})


def test_every_room_of_the_table_is_known_by_every_other() -> None:
    assert {each for nearest in NEAREST.values() for each in nearest} <= NEAREST.keys()


# --- the rules can fail ---------------------------------------------------------------------------

LONG_FUNCTION = "def long():\n" + "    pass\n" * 40
SAMPLES: tuple[tuple[Rule, str, str], ...] = (
    (a_room_imports_only_what_it_stands_on, "values.py", "from reconciler.plan import plan"),
    (a_room_imports_only_what_it_stands_on, "diff/a.py", "import reconciler.manifest.check"),
    (a_room_imports_only_what_it_stands_on, "diff/a.py", "from ..manifest import check"),
    (a_room_imports_only_what_it_stands_on, "workflow.py", "from reconciler import providers"),
    (a_room_imports_only_what_it_stands_on, "render/a.py", "def f():\n  import reconciler.apply"),
    (a_room_imports_only_what_it_stands_on, "sandbox/a.py", "from reconciler.values import Json"),
    (a_room_imports_only_what_it_stands_on, "cellar/a.py", ""),
    (two_providers_do_not_know_each_other, "providers/qarnot/a.py", "from ..flow import client"),
    (two_providers_do_not_know_each_other, "providers/qarnot/a.py", "from ..registry import ALL"),
    (nothing_imports_the_tests, "cli/a.py", "from tests.fakes import ManualClock"),
    (the_core_imports_no_io, "diff/a.py", "import os.path"),
    (the_core_imports_no_io, "render/a.py", "from time import sleep"),
    (the_core_imports_no_io, "plan/a.py", "from pathlib import Path"),
    (the_core_imports_no_io, "apply/machine.py", "import httpx"),
    (the_core_calls_no_io, "model.py", "x = open('a')"),
    (the_core_calls_no_io, "plan/a.py", "x = datetime.now(UTC)"),
    (a_function_is_at_most_forty_lines, "plan/a.py", LONG_FUNCTION),
    (a_file_is_short, "plan/a.py", "pass\n" * 401),
    (a_file_is_short, "workflow.py", "pass\n" * 201),
    (a_function_takes_at_most_six_parameters, "a.py", "def f(a, b, c, d, *, e, g, h): ..."),
    (a_package_file_is_empty, "plan/__init__.py", "from reconciler.plan.plan import Plan"),
    (a_package_file_is_empty, "__init__.py", "import os\n__version__ = '1'"),
    (a_module_is_named_after_what_is_in_it, "plan/plan_utils.py", ""),
    (a_module_is_named_after_what_is_in_it, "helpers/plan.py", ""),
    (a_default_is_never_mutable, "a.py", "def f(*, a={}): ..."),
    (a_default_is_never_mutable, "a.py", "def f(a=list()): ..."),
    (a_boolean_is_passed_by_name, "a.py", "def f(is_done: bool): ..."),
    (a_boolean_is_passed_by_name, "a.py", "def f(is_done=False): ..."),
    (no_module_keeps_state, "a.py", "def f():\n  global seen\n  seen = 1"),
)


@pytest.mark.parametrize(
    ("rule", "file", "text"),
    SAMPLES,
    ids=lambda value: getattr(value, "__name__", str(value)[:40]),
)
def test_a_rule_sees_what_breaks_it(rule: Rule, file: str, text: str) -> None:
    broken = list(rule(Module.of(f"{PACKAGE}/{file}", text)))
    assert broken
    assert all(each.startswith(f"{PACKAGE}/{file}:") for each in broken)


def test_every_rule_has_a_sample_that_breaks_it() -> None:
    assert {rule for rule, _, _ in SAMPLES} == set(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("__init__.py", '"""Plan and apply."""\n\n__version__ = "1"\n'),
        ("plan/build.py", "from datetime import datetime\nfrom reconciler.errors import Problem\n"),
        ("providers/qarnot/client.py", "import time\nfrom ..http import Transport\n"),
        ("providers/http.py", "import httpx\nfrom reconciler.ports import Secrets\n"),
        (
            "values.py",
            "from pathlib import PurePosixPath\ndef f(a: int, *, is_b: bool = True): ...",
        ),
    ],
)
def test_a_rule_leaves_good_code_alone(rule: Rule, file: str, text: str) -> None:
    assert not list(rule(Module.of(f"{PACKAGE}/{file}", text)))


def test_an_import_circle_is_seen() -> None:
    circle = [
        Module.of(f"{PACKAGE}/plan/a.py", "from reconciler.plan import b"),
        Module.of(f"{PACKAGE}/plan/b.py", "from reconciler.plan.a import something"),
    ]
    with pytest.raises(PlanRefused):
        waves(_import_graph(circle))
