"""The floors of the house: a module imports its own package and lower floors only."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_synda

ROOT = Path(sklearn_synda.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
FLOORS = {
    **dict.fromkeys(
        ["_tables", "_rows", "_folds", "_columns", "_compatibility", "_optional",
         "_sklearn_compat", "_fitting", "_class_balance",
         "_input", "_aim", "_labels", "_nets", "_torch", "_chat", "exceptions"], 0,
    ),
    **dict.fromkeys(["acquisition", "attribution", "metrics", "datasets"], 1),
    **dict.fromkeys(
        ["uncertainty", "query", "synthesis", "labeling", "integration", "validation",
         "fairness"], 2,
    ),
    **dict.fromkeys(["_active_synthesis", "_course", "_race", "_stream", "dynamic",
                     "federated"], 3),
    **dict.fromkeys(["plotting", "model_selection", "active_learning", "utils", "deploy"], 4),
}  # fmt: skip
MAY_IMPORT = {"numpy", "scipy", "sklearn", "sklearn_synda"}


def room_of(path):
    """First part of the name of a module below the package."""
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imports_of(path, *, top_level=False):
    """Pairs of module and imported name, of a whole file or of what runs on import."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree)
    if top_level:
        nodes = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((node.module, alias.name) for alias in node.names)


def name_of(path):
    return str(path.relative_to(ROOT))


each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in MODULES} - {"__init__"}
    assert rooms <= set(FLOORS)


@each_module
def test_floors(path):
    room = room_of(path)
    if room == "__init__":
        return
    for module, name in imports_of(path):
        parts = module.split(".")
        if parts[0] != "sklearn_synda":
            continue
        other = parts[1] if len(parts) > 1 else name
        if other == room or (other not in FLOORS and len(parts) == 1):
            continue
        is_lower = FLOORS[other] < FLOORS[room]
        is_peer_of_the_loop = FLOORS[other] == FLOORS[room] and FLOORS[room] in (0, 3)
        assert is_lower or is_peer_of_the_loop, f"{room} imports {other}"


@each_module
def test_one_door_to_the_private_names_of_sklearn(path):
    if path.name == "_sklearn_compat.py":
        return
    for module, name in imports_of(path):
        if module.split(".")[0] != "sklearn":
            continue
        private = [part for part in [*module.split("."), name or ""] if part.startswith("_")]
        assert not private, f"{name_of(path)} imports {module}.{name}"


@each_module
def test_other_packages_are_imported_inside_functions(path):
    if "_torch" in path.parts:
        return
    foreign = {module.split(".")[0] for module, _ in imports_of(path, top_level=True)}
    assert foreign - MAY_IMPORT <= set(sys.stdlib_module_names)


@each_module
def test_size(path):
    assert path.name not in ("utils.py", "helpers.py", "core.py", "misc.py")
    n_lines = len(path.read_text().splitlines())
    # the two meta-estimators describe every parameter twice, word for word
    assert n_lines <= (800 if path.name == "_active_synthesis.py" else 500)


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


LOADED = "import sys, json; import {}; print(json.dumps(sorted(sys.modules)))"


def test_import_loads_nothing_heavy():
    plain = set(run_python(LOADED.format("sklearn.ensemble")))
    ours = set(run_python(LOADED.format("sklearn_synda")))
    heavy = {"torch", "imblearn", "pandas", "polars", "matplotlib", "lightgbm", "skorch", "rich"}
    assert not (ours - plain) & heavy


TIMED = """
import json
from time import process_time as now
begun = now(); import sklearn.ensemble
before = now(); import sklearn_synda
print(json.dumps([before - begun, now() - begun]))
"""


def test_import_adds_little_to_that_of_sklearn_ensemble():
    """About a tenth when measured at rest; a quarter here, where other tests run beside it."""
    measured = []
    for _ in range(8):  # both in one process, so that a burst of other work slows both
        measured.append(run_python(TIMED))
        plain, ours = (min(seconds) for seconds in zip(*measured, strict=True))
        if len(measured) > 2 and ours / plain <= 1.25:
            return
    assert ours / plain <= 1.25


def test_files_of_tests_have_names_of_their_own():
    names = [path.name for path in Path(__file__).parent.rglob("*.py")]
    assert sorted(names) == sorted(set(names)), "pytest tells them apart by name alone"


def test_rooms_are_there_without_an_import_of_their_own():
    rooms = {path.parent.name for path in ROOT.glob("[a-z]*/__init__.py")} | {"exceptions"}
    code = "import sklearn_synda as s; print([getattr(s, name).__name__ for name in s._ROOMS])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert set(ast.literal_eval(done.stdout)) == {f"sklearn_synda.{name}" for name in rooms}
    assert rooms <= set(dir(sklearn_synda))
    with pytest.raises(AttributeError, match="has no attribute 'attic'"):
        sklearn_synda.attic  # noqa: B018
