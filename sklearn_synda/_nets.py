"""The net inside an estimator: looked for, and asked or fitted under a seed."""

import sys
from contextlib import contextmanager

from sklearn.frozen import FrozenEstimator

from sklearn_synda._compatibility import pipeline_steps

__all__ = ["find_net", "is_net", "torch_seed"]

_INNER = ("estimator_", "best_estimator_", "regressor_", "estimator", "regressor")


def is_net(estimator):
    """Whether an estimator is a skorch net."""
    return hasattr(estimator, "initialize_module") and not isinstance(estimator, type)


def find_net(estimator):
    """The skorch net that speaks for an estimator, fitted or not; None where there is none.

    Looked for in a frozen estimator, in the last step of a Pipeline, and in what a
    meta-estimator (a search, a transformed target) has fitted.
    """
    if isinstance(estimator, FrozenEstimator):
        return find_net(estimator.estimator)
    if estimator is None or is_net(estimator):
        return estimator
    if steps := pipeline_steps(estimator):
        return find_net(steps[-1][1])
    for name in _INNER:
        inner = vars(estimator).get(name) if hasattr(estimator, "__dict__") else None
        if inner is not None:
            return find_net(inner)
    return None


def _drawing_net(estimator):
    """A net that draws where an estimator is fitted or asked, a member of a vote, too."""
    if "skorch" not in sys.modules:  # then there is none, and looking for it takes time
        return None
    net = find_net(estimator)
    if net is None and hasattr(estimator, "get_params") and not isinstance(estimator, type):
        inner = estimator.get_params(deep=True).values()
        net = next((value for value in inner if is_net(value)), None)
    return net


@contextmanager
def torch_seed(estimator, rng, inside=()):
    """Draws of torch under a seed, its streams left as they were; nothing without a net inside.

    ``rng=None`` draws from torch's own streams, as the user's net does alone. ``inside`` are others
    that will work meanwhile: threads of theirs may want the streams, and must not wait for them.
    """
    net = None if rng is None else _drawing_net(estimator)
    if net is None:
        yield
        return
    from sklearn_synda._torch._streams import seeded

    seed, device = rng.randint(2**31 - 1), getattr(net, "device", "cpu")
    with seeded(seed, device, alone=not any(map(_has_workers, (estimator, *inside)))):
        yield


def _has_workers(value):
    """Whether an estimator, or one of several, works in several processes or threads."""
    from joblib import effective_n_jobs

    if isinstance(value, (list, tuple)):
        return any(map(_has_workers, value))
    if not hasattr(value, "get_params") or isinstance(value, type):
        return False
    return any(
        effective_n_jobs(inner) > 1 if name.split("__")[-1] == "n_jobs" else _has_workers(inner)
        for name, inner in value.get_params(deep=False).items()
    )
