"""Dynamic training of nets: what of a net is used, and what is not."""

import numpy as np
import pytest
import torch
from skorch import NeuralNetBinaryClassifier
from skorch.callbacks import Checkpoint, EarlyStopping, EpochScoring, LRScheduler
from test_dynamic import Layers, classifier, net, regressor, value_net

from sklearn_synda.exceptions import SynthesisWarning


def test_the_threshold_of_a_binary_net_holds(two_classes):
    X, y = two_classes
    binary = NeuralNetBinaryClassifier(Layers, module__n_outputs=1, verbose=0, threshold=0.55)
    model = classifier(binary).fit(X, y)
    first = model.predict_proba(X)[:, 1]
    assert ((first > 0.5) & (first <= 0.55)).any()
    np.testing.assert_array_equal(model.predict(X), first > 0.55)
    assert set(classifier(binary, validation=None).fit(X, np.ones(80, dtype=int)).predict(X)) == {1}


FOLLOWING = {
    "EarlyStopping": EarlyStopping(),
    "Checkpoint": Checkpoint(),
    "LRScheduler": LRScheduler("ReduceLROnPlateau", monitor="valid_loss"),
    "own": ("own", EarlyStopping(monitor="roc_auc", lower_is_better=False)),
}


@pytest.mark.parametrize("name", FOLLOWING)
def test_callbacks_that_follow_rows_a_net_holds_out_are_left_out(name, two_classes, tmp_path):
    X, y = two_classes
    given = FOLLOWING[name]
    if name == "Checkpoint":
        given.dirname = str(tmp_path)
    kept = (
        ("auc", EpochScoring("roc_auc", lower_is_better=False)),
        ("decay", LRScheduler("StepLR", step_size=5)),
    )
    learner = net().set_params(callbacks=[*kept, given])
    with pytest.warns(SynthesisWarning, match=f"without its callbacks {name}: they follow") as said:
        model = classifier(learner, max_iter=2).fit(X.astype(np.float32), y)
    assert len(said) == 1
    assert name not in dict(model.estimator_.callbacks_)
    assert {"auc", "decay"} < set(dict(model.estimator_.callbacks_))
    assert learner.callbacks[-1] is given
    plain = net().set_params(callbacks=list(kept))
    expected = classifier(plain, max_iter=2).fit(X.astype(np.float32), y).predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


class Doubles(Layers):
    """A net in float64."""

    def __init__(self, n_outputs=2):
        super().__init__(n_outputs)
        self.double()


@pytest.mark.parametrize("kind", ["classes", "binary", "values"])
def test_a_net_in_float64(kind, two_classes, values):
    X, y = values if kind == "values" else two_classes
    make = {"classes": net, "binary": lambda: NeuralNetBinaryClassifier(Layers, verbose=0),
            "values": value_net}[kind]  # fmt: skip
    n_outputs = 2 if kind == "classes" else 1
    learner = make().set_params(module=Doubles, module__n_outputs=n_outputs)
    model = (regressor if kind == "values" else classifier)(learner).fit(X, y)
    assert next(model.estimator_.module_.parameters()).dtype == torch.float64
    assert model.predict(X).shape == y.shape
