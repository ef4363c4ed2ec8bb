"""Tables joined below one another: no value is lost."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._rows import concatenate_rows
from sklearn_synda.attribution import explain_uncertainty

LOW_HIGH, LOW_MID_HIGH = ["low", "high"], ["low", "mid", "high"]


def ordered(values, levels):
    return pd.Categorical(values, levels, ordered=True)


@pytest.mark.parametrize(
    ("first", "second", "values", "kind"),
    [
        ([1, 2], [2.9], [1, 2, 2.9], "f"),
        ([1, 2], [3.0], [1, 2, 3], "i"),  # the dtype of the first table holds it
        (["a"], ["northern"], ["a", "northern"], "U"),
        ([1], ["b"], [1, "b"], "O"),
        (np.float32([0.5]), [0.1], [0.5, 0.1], "f"),
        ([True], [2], [1, 2], "i"),
    ],
)
def test_arrays_take_a_dtype_that_holds_all(first, second, values, kind):
    joined = concatenate_rows([np.reshape(first, (-1, 1)), np.reshape(second, (-1, 1))])
    assert joined.ravel().tolist() == values
    assert joined.dtype.kind == kind


def test_sparse_rows_are_not_cut_to_integers():
    joined = concatenate_rows([sparse.csr_array([[1, 0]]), sparse.csr_array([[0.0, 2.5]])])
    assert joined.toarray().tolist() == [[1, 0], [0, 2.5]]
    whole = concatenate_rows([sparse.csr_array([[1, 0]]), sparse.csr_array([[0.0, 2.0]])])
    assert whole.dtype.kind == "i"


@pytest.mark.parametrize(
    ("first", "second", "dtype"),
    [
        ([1, 2], [2.9], "float64"),
        ([1, 2], [3.0], "int64"),
        ([1, 2], [np.nan], "float64"),
        (pd.array([1, None], "Int64"), [2.5], "Float64"),
        (pd.array([1, None], "Int64"), [2], "Int64"),
        (pd.array(["a"], "string"), ["b"], "string"),
        (["a"], [1], "object"),
        ([True], [None], "object"),
    ],
)
def test_frames_take_a_dtype_that_holds_all(first, second, dtype):
    frames = [pd.DataFrame({"x": 1.0, "a": values}) for values in (first, second)]
    joined = concatenate_rows(frames)
    assert joined.columns.tolist() == ["x", "a"]
    assert joined["a"].dtype == dtype
    wanted = [*pd.Series(first), *pd.Series(second)]
    assert [v for v in joined["a"] if pd.notna(v)] == [v for v in wanted if pd.notna(v)]


@pytest.mark.parametrize("levels", [(LOW_HIGH, LOW_MID_HIGH), (LOW_MID_HIGH, LOW_HIGH)])
def test_ordered_categories_are_joined_in_their_order(levels):
    joined = concatenate_rows(
        [pd.DataFrame({"a": ordered([own[-2], own[-1]], own)}) for own in levels]
    )["a"]
    assert joined.cat.categories.tolist() == LOW_MID_HIGH
    assert joined.cat.ordered
    assert not joined.isna().any()


def test_ordered_categories_of_two_orders_are_refused():
    one, other = ordered(["low"], LOW_HIGH), ordered(["mid"], ["high", "mid", "low"])
    with pytest.raises(ValueError, match="The categories of the ordered column 'a' must stand"):
        concatenate_rows([pd.DataFrame({"a": one}), pd.DataFrame({"a": other})])


def test_categories_take_plain_values():
    first = pd.DataFrame({"a": pd.Categorical(["u"], ["u", "v"])})
    joined = concatenate_rows([first, pd.DataFrame({"a": ["w", None]})])["a"]
    assert joined.tolist()[:2] == ["u", "w"]
    assert joined.cat.categories.tolist() == ["u", "v", "w"]


def test_polars_frames():
    joined = concatenate_rows([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2.5]})])
    assert joined["a"].to_list() == [1.0, 2.5]
    first = pl.DataFrame({"a": ["u"]}, schema={"a": pl.Categorical})
    joined = concatenate_rows([first, pl.DataFrame({"a": ["v"]})])
    assert joined["a"].dtype == pl.Categorical


def test_taught_rows_are_learnt_as_they_are():
    X, y = np.arange(20).reshape(-1, 1), np.repeat([0, 1], 10)
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), max_iter=0).fit(X, y)
    model.teach([[9.4]], [1])
    assert model.predict([[9.1], [9.3]]).tolist() == [0, 1]


def test_a_pool_of_floats_is_not_cut_to_the_integers_of_the_fit():
    X, y = np.arange(20).reshape(-1, 1), np.repeat([0, 1], 10)
    model = ActiveSynthesisClassifier(LogisticRegression(), max_iter=0).fit(X, y)
    pool = model._as_pool(np.array([[3.2], [3.8]]))
    assert len(np.unique(pool.embedding)) == 2


def test_integer_rows_are_explained_with_the_background_as_it_is():
    seen = []

    def uncertainty(X):
        seen.append(np.asarray(X, dtype=float))
        return np.asarray(X, dtype=float).sum(axis=1)

    explain_uncertainty(uncertainty, np.array([[1, 2]]), np.array([[0.25, 0.75]]), n_repeats=1)
    assert 0.25 in np.concatenate(seen)
