"""Torch's random streams and threads are given back as they were."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import numpy as np
import pytest
import torch
from joblib import parallel_config
from made_nets import Layers, TableClassifier, classifier
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV

from sklearn_synda._active_synthesis._course import Course, Parts
from sklearn_synda._torch._streams import one_thread, seeded
from sklearn_synda.synthesis import VAESynthesizer
from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    CommitteeUncertainty,
    LossPredictionUncertainty,
    MCDropoutUncertainty,
)


def test_a_seed_is_lent():
    state = torch.get_rng_state()
    with seeded(3):
        first = torch.rand(2)
    with seeded(3):
        assert torch.equal(torch.rand(2), first)
    assert torch.equal(torch.get_rng_state(), state)


def test_threads_are_given_back_after_an_error():
    n_threads = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        1 / (torch.get_num_threads() - 1)
    assert torch.get_num_threads() == n_threads


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_threads_of_a_part_do_not_wait_for_the_course_they_are_in(n_jobs):
    """The course of a net holds torch's streams; what a part starts may want them as well."""
    committee = CommitteeUncertainty([VotingClassifier([("a", classifier())], n_jobs=n_jobs)])
    parts = Parts(classifier(), committee, None, None, None, None, is_seeded=True)
    taken = []

    def take():
        with seeded(0):
            taken.append(True)

    with Course(parts, None, 0).torch_seed():
        thread = Thread(target=take)
        thread.start()
        thread.join(timeout=0.5)
        assert bool(taken) == (n_jobs is not None)
    thread.join()


def test_a_gpu_in_use_is_seeded_and_given_back(monkeypatch):
    """As torch sees it, without a GPU: which devices are kept, and which seed they get."""
    seen = {}
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: seen.update(seed=seed))
    fork = torch.random.fork_rng

    def fork_rng(devices):
        seen["devices"] = devices
        return fork(devices=[])

    monkeypatch.setattr(torch.random, "fork_rng", fork_rng)
    with seeded(5):
        pass
    assert seen == {"seed": 5, "devices": [0, 1]}


def test_a_generator_leaves_gpus_alone_that_nobody_uses(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    X = np.random.RandomState(0).normal(size=(30, 3))
    maker = VAESynthesizer(max_steps=3, device="cpu", random_state=0).fit(X, X[:, 0])
    maker.sample([0, 1], random_state=0)
    assert seeds == []


ROWS, CODES = make_moons(150, noise=0.2, random_state=0)
ROWS, CODES = ROWS.astype(np.float32), CODES.astype(np.int64)
PARTS = [
    MCDropoutUncertainty(classifier(), n_samples=5, random_state=0),
    BayesianUncertainty(classifier(), prior_precision=1.0, random_state=0),
    LossPredictionUncertainty(classifier(), random_state=0),
]


def made(k=None):
    return VAESynthesizer(max_steps=100, random_state=0).fit(ROWS, CODES).loss_curve_


def in_threads(function):
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(function, range(6)))


def test_threads_make_what_one_makes_alone():
    state, n_threads, alone = torch.get_rng_state(), torch.get_num_threads(), made()
    assert in_threads(made) == [alone] * 6
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == n_threads


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_threads_that_share_a_net_get_what_one_gets_alone(part):
    part = clone(part).fit(ROWS, CODES)
    rows = np.tile(ROWS, (40, 1))
    alone = part.predict_uncertainty(rows)
    for said in in_threads(lambda k: part.predict_uncertainty(rows)):
        np.testing.assert_array_equal(said, alone)


class Sampled(TableClassifier):
    """A net that fits on made rows as well, and so wants the streams while it is fitted."""

    def fit(self, X, y, **fit_params):
        VAESynthesizer(max_steps=2, random_state=0).fit(X, np.asarray(y))
        return super().fit(X, y, **fit_params)


def test_threads_inside_a_fit_do_not_wait_for_it():
    inner = Sampled(Layers, train_split=None, verbose=0, max_epochs=1)
    search = GridSearchCV(inner, {"lr": [0.01, 0.02]}, cv=2, n_jobs=2, scoring="accuracy")
    part, fitted = MCDropoutUncertainty(search, random_state=0), []

    def fit():
        with parallel_config("threading"):
            fitted.append(part.fit(ROWS, CODES))

    thread = Thread(target=fit, daemon=True)  # one that waits for ever does not keep pytest
    thread.start()
    thread.join(timeout=60)
    assert fitted == [part]
