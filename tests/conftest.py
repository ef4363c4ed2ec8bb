"""What several test modules share: small tables and light parts."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression

from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.validation import FixedRate, HoldoutValidation


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
