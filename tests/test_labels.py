"""Targets and groups of every dtype and shape keep their values."""

import numpy as np
import pandas as pd
import pytest
from made_nets import Layers
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._labels import as_codes, group_codes, split_labeled
from sklearn_synda.exceptions import SynthesisWarning

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


class ColumnNet(NeuralNetRegressor):
    """As somebody would write it: the target is one column, of the dtype of the weights."""

    shapes = []

    def get_loss(self, y_pred, y_true, *args, **kwargs):
        self.shapes.append((tuple(y_true.shape[1:]), str(y_true.dtype)))
        return super().get_loss(y_pred, y_true, *args, **kwargs)


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
@pytest.mark.parametrize("n_unlabeled", [0, 10])
def test_a_net_is_given_its_values_in_one_column(n_unlabeled, light, values):
    """Flat ones would be spread over the batch by torch, and the net said a constant."""
    X, y = values[0], values[1][:, None].astype(np.float32)
    y[:n_unlabeled] = np.nan
    net = ColumnNet(Layers, module__p=0.0, lr=0.1, max_epochs=15, train_split=None, verbose=0)
    ColumnNet.shapes.clear()
    model = ActiveSynthesisRegressor(make_pipeline(StandardScaler(), net), random_state=0, **light)
    assert model.fit(X, y).score(X, values[1]) > 0.6
    assert len(model.query(X, 2)) == 2
    model.teach(X[:3], y[-3:])
    model.teach(X[:3], y[-3:, 0])
    assert model._table.n_labeled == 86 - n_unlabeled
    net = ColumnNet(Layers, module__p=0.0, lr=0.1, train_split=None, verbose=0)
    stream = ActiveSynthesisRegressor(net, random_state=0, **light)
    stream.partial_fit(X[10:40], y[10:40]).partial_fit(X[40:], y[40:])
    assert stream.predict_uncertainty(X).shape == (80,)
    assert set(ColumnNet.shapes) == {((1,), "torch.float32")}


def test_missing_labels_that_numpy_made_words_are_refused(light, two_classes):
    X, y = two_classes
    words = np.concatenate([np.where(y[:60] == 1, "ill", "well"), np.full(20, np.nan)])
    assert words.dtype.kind == "U"
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    with pytest.raises(ValueError, match="'y' parameter of fit .* Got the word 'nan'"):
        model.fit(X, words)
    with pytest.raises(ValueError, match="'groups' parameter of fit .* use groups.astype"):
        group_codes(words, 80, "fit")
    meant = np.where(y == 1, "ill", "well").astype(object)
    meant[60:] = np.nan
    assert model.fit(X, meant).classes_.tolist() == ["ill", "well"]
    named = np.where(y == 1, "nan", "well").astype(object)  # somebody's name for a class
    assert model.fit(X, named).classes_.tolist() == ["nan", "well"]


def test_a_class_may_be_called_none(light, two_classes):
    X, y = two_classes
    words = np.array(["None", "mild"])[y]
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    with pytest.warns(SynthesisWarning, match="'None' in the 'y' parameter is taken for a name"):
        assert model.fit(X, words).classes_.tolist() == ["None", "mild"]
    model.fit(X, words.astype(object))
    model.set_params(missing_label="None").fit(X, np.where(y == 0, words, ["mild", "bad"] * 40))
    assert model.classes_.tolist() == ["bad", "mild"]
