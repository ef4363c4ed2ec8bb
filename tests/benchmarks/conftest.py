"""The programs of the study import one another by name, as when they are run."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    """The folder of the programs, which can be imported meanwhile."""
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    yield FOLDER
    sys.path[:] = before
