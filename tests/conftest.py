"""What several test modules share: small tables and light parts."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from sklearn.datasets import make_classification, make_regression

from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.validation import FixedRate, HoldoutValidation

# the same examples in every run; a busy machine is no fault of the code
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Every test starts from the same streams, whichever ran before it in its worker."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the very stream
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture
def light():
    """Parts that keep a fit to a few milliseconds."""
    return {
        "labeler": InheritLabeler(),
        "validation": HoldoutValidation(),
        "max_iter": 1,
        "rate": FixedRate(0.5),
    }


@pytest.fixture
def two_classes():
    return make_classification(80, 6, n_informative=4, random_state=0)


@pytest.fixture
def values():
    X, y = make_regression(80, 5, noise=5.0, random_state=0)
    return X, y / np.std(y)


@pytest.fixture(scope="module")
def benchmarks():
    """The folder of the study's programs, which import one another by name meanwhile."""
    before = list(sys.path)
    folder = Path(__file__).parents[1] / "benchmarks"
    sys.path.insert(0, str(folder))
    yield folder
    sys.path[:] = before
