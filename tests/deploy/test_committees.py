"""A committee as teacher, in the table of costs, and on its way to a file."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import deploy
from sklearn_synda.labeling import CommitteeClassifier, CommitteeLabeler, CommitteeRegressor

X, CODES = make_classification(240, 5, n_informative=4, n_redundant=0, random_state=0)
NAMES = np.where(CODES, "yes", "no")
VALUES = X[:, 0] + X[:, 1] * X[:, 2]


@pytest.mark.parametrize("y", [NAMES, CODES], ids=["names", "codes"])
def test_students_and_costs_of_a_classifier(y):
    committee = CommitteeClassifier("light", random_state=0).fit(X[:120], y[:120])
    found = deploy.distill(committee, X[:120], n_made=300, random_state=0)
    assert found.estimator.classes_.tolist() == committee.classes_.tolist()
    assert found.agreement > 0.7
    models = {"committee": committee, "student": found.estimator}
    report = deploy.efficiency_report(models, X[120:], y[120:], n_repeats=1, memory=False)
    said = committee.predict_proba(X[120:])[:, 1]
    assert report["score"][0] == roc_auc_score(CODES[120:], said)
    assert report["n_bytes"][1] < report["n_bytes"][0]


def test_students_and_costs_of_a_regressor():
    committee = CommitteeRegressor("light", random_state=0).fit(X[:120], VALUES[:120])
    student = deploy.distill(committee, X[:120], n_made=300, random_state=0).estimator
    models = {"committee": committee, "student": student}
    report = deploy.efficiency_report(models, X[120:], VALUES[120:], n_repeats=1, memory=False)
    assert report["score"][0] == committee.score(X[120:], VALUES[120:])


def test_a_committee_has_no_file_but_students(tmp_path):
    committee = CommitteeClassifier("light", random_state=0).fit(X, NAMES)
    path = tmp_path / "model.onnx"
    with pytest.raises(TypeError, match=r"CommitteeClassifier: .* none for it. Use deploy.distil"):
        deploy.export(committee, path, X)
    student = deploy.distill(committee, X, n_made=100, random_state=0).estimator
    assert deploy.export(student, path, X).max_difference < 1e-4


class Nameless(GaussianNB):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = None
        return tags


@pytest.mark.parametrize(
    ("model", "instead"),
    [(CommitteeLabeler([GaussianNB()]), "CommitteeClassifier"), (Nameless(), "a subclass of")],
    ids=["labeler", "nameless"],
)
@pytest.mark.parametrize("y", [NAMES, CODES], ids=["names", "codes"])
def test_what_has_classes_and_is_no_classifier_is_no_regressor(model, instead, y, tmp_path):
    model = model.fit(X, y)
    calls = {
        "distill": lambda: deploy.distill(model, X, n_made=50),
        "export": lambda: deploy.export(model, tmp_path / "model.onnx", X),
        "efficiency_report": lambda: deploy.efficiency_report({"it": model}, X, y, memory=False),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"deploy.{name} is not .* neither. Use {instead}"):
            call()


def test_a_labeler_of_values_is_a_teacher():
    labeler = CommitteeLabeler("light", random_state=0).fit(X, VALUES)
    found = deploy.distill(labeler, X, n_made=100, random_state=0)
    assert found.estimator.predict(X).dtype == np.float64
