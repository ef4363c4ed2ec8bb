"""Targets and groups of every dtype keep their values."""

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._labels import as_codes, group_codes, split_labeled

INTEGERS = ["Int64", "UInt64", "int64[pyarrow]"]
BOOLEANS = ["boolean", "bool[pyarrow]"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_large_ids_of_pandas_are_told_apart(dtype):
    pytest.importorskip("pyarrow")
    ids = 1_700_000_000_000_000_000 + np.arange(40) * 7
    groups = pd.Series(ids, dtype=dtype).repeat(2)
    assert group_codes(groups, 80, "fit").tolist() == np.arange(40).repeat(2).tolist()
    for gap in (False, True):
        y = pd.Series(ids[:10].repeat(3), dtype=dtype)
        y[3] = pd.NA if gap else y[3]
        given, labeled = split_labeled(y, np.nan)
        classes, codes = as_codes(given[labeled], had_missing=gap)
        assert classes.tolist() == ids[:10].tolist()
        assert labeled.sum() == len(codes) == 30 - gap


@pytest.mark.parametrize("dtype", BOOLEANS)
@pytest.mark.parametrize("first", [None, True])
def test_booleans_of_pandas_stay_booleans(dtype, first):
    pytest.importorskip("pyarrow")
    given, labeled = split_labeled(pd.Series([first, False, True], dtype=dtype), np.nan)
    assert labeled.tolist() == [first is not None, True, True]
    assert as_codes(given[labeled], had_missing=first is None)[0].dtype == bool


@pytest.mark.parametrize("gap", [False, True])
def test_dates_stay_classes_of_dates_after_teach(gap, light, two_classes):
    X, y = two_classes
    days = np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[ns]")[y]
    days[0] = np.datetime64("NaT") if gap else days[0]
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light).fit(X, days)
    model.teach(X[1:4], days[1:4])
    assert model.classes_.dtype.kind == "M"
    assert model.classes_.tolist() == np.unique(days[1:]).tolist()
