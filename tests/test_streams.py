"""Torch's random streams and threads are given back as they were."""

import numpy as np
import pytest
import torch

from sklearn_synda._torch._streams import one_thread, seeded
from sklearn_synda.synthesis import VAESynthesizer


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
