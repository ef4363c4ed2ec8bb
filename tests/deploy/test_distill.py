"""Students answer as their teachers do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, deploy
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.synthesis import DiffusionSynthesizer

X, y = make_classification(300, 6, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
NAMES = np.array(["low", "middle", "high"])[y]


@pytest.fixture(scope="module")
def forest():
    return RandomForestClassifier(150, random_state=0).fit(X[:150], NAMES[:150])


def test_a_student_is_small_and_agrees(forest):
    found = deploy.distill(forest, X[150:], random_state=0)
    student = found.estimator
    assert student.classes_.tolist() == forest.classes_.tolist()
    assert found.agreement > 0.8
    assert found.difference < 0.2
    assert found.n_held_out == 38
    report = deploy.efficiency_report({"forest": forest, "student": student}, X, NAMES,
                                      memory=False, n_repeats=2)  # fmt: skip
    assert report["n_bytes"][1] < report["n_bytes"][0] / 2
    assert abs(report["score"][1] - forest.score(X, NAMES)) < 1


def test_fidelity_is_of_held_out_rows():
    """A teacher of pure noise cannot be followed on rows the student has not met."""
    rng = np.random.RandomState(0)
    rows, noise = rng.normal(size=(200, 4)), rng.randint(0, 2, 200)
    teacher = KNeighborsClassifier(1).fit(rows, noise)
    found = deploy.distill(teacher, rows, n_made=0, student=DecisionTreeClassifier(),
                           random_state=0)  # fmt: skip
    assert found.estimator.score(rows, noise) == 1
    assert found.agreement < 0.7


def test_same_seed_same_student(forest):
    kinds = [deploy.distill(forest, X[150:], n_made=200, random_state=s) for s in (0, 0, 1)]
    proba = [found.estimator.predict_proba(X) for found in kinds]
    np.testing.assert_array_equal(proba[0], proba[1])
    assert kinds[0].difference == kinds[1].difference
    assert not np.array_equal(proba[0], proba[2])


def test_a_synthesizer_of_the_user_is_seeded_and_stays_as_it_was(forest):
    maker = DiffusionSynthesizer(denoiser="trees", n_estimators=2, n_sampling_steps=2)
    before = dict(vars(maker))
    found = [
        deploy.distill(forest, X[150:250], synthesizer=maker, n_made=100, random_state=0)
        for _ in range(2)
    ]
    assert vars(maker) == before
    one, other = (d.estimator.predict_proba(X) for d in found)
    np.testing.assert_array_equal(one, other)


def test_soft_answers_reach_a_student_of_the_user(forest):
    found = deploy.distill(forest, X[150:], student=LogisticRegression(max_iter=500),
                           random_state=0)  # fmt: skip
    assert isinstance(found.estimator, LogisticRegression)
    soft = found.estimator.predict_proba(X)
    assert np.abs(soft.mean(axis=0) - forest.predict_proba(X).mean(axis=0)).max() < 0.05


def test_a_student_without_weights_is_warned_of(forest):
    with pytest.warns(SampleWeightWarning, match="deploy.distill repeats rows by weight"):
        deploy.distill(forest, X[150:], student=KNeighborsClassifier(3), n_made=50, random_state=0)


def test_a_teacher_that_only_votes():
    found = deploy.distill(RidgeClassifier().fit(X, y), X, random_state=0)
    assert found.agreement > 0.8


def test_values():
    rows, values = make_regression(200, 5, noise=1, random_state=0)
    teacher = RandomForestRegressor(30, random_state=0).fit(rows, values)
    found = deploy.distill(teacher, rows, random_state=0)
    assert 0.6 < found.agreement < 1
    assert found.estimator.predict(rows).shape == (200,)


def test_mixed_tables_go_to_onnx_afterwards(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(
        kind=pd.Categorical(np.array(["p", "q"])[(X[:, 0] > 0).astype(int)])
    )
    frame.iloc[:9, 1] = np.nan
    teacher = deploy._distill._default_student(RandomForestClassifier().fit(X, y), frame)
    teacher.fit(frame, NAMES)
    student = deploy.distill(teacher, frame, random_state=0).estimator
    report = deploy.export(student, tmp_path / "student.onnx", frame)
    assert report.max_difference < 1e-4


def test_made_rows_of_a_meta_estimator_are_learnt_from(light):
    model = ActiveSynthesisClassifier(SVC(), random_state=0, **light)
    model.fit(X[:100], y[:100])
    found = deploy.distill(model, X[100:], n_made=100, random_state=0)
    assert found.n_made == 100 + len(model.synthetic_y_)


def test_a_class_that_is_never_likely_is_kept():
    rows = np.r_[np.zeros((60, 2)), np.ones((60, 2)), [[9.0, 9.0]]]
    classes = np.r_[np.zeros(60), np.ones(60), [2]]
    teacher = DecisionTreeClassifier().fit(rows, classes)
    found = deploy.distill(teacher, rows[:120], n_made=0, random_state=0)
    assert found.estimator.classes_.tolist() == [0, 1, 2]


def test_bad_input(forest):
    with pytest.raises(NotFittedError):
        deploy.distill(RandomForestClassifier(), X)
    with pytest.raises(ValueError, match="at least 8 rows. Got 7 instead"):
        deploy.distill(forest, X[:7])
    with pytest.raises(ValueError, match="'test_size' parameter .* Got 1 instead"):
        deploy.distill(forest, X, test_size=1)
    with pytest.raises(ValueError, match="'n_made' parameter .* Got -1 instead"):
        deploy.distill(forest, X, n_made=-1)
