"""The net inside an estimator: looked for, and fitted under a seed."""

from contextlib import contextmanager

from sklearn.frozen import FrozenEstimator

from sklearn_synda._compatibility import check_response
from sklearn_synda._optional import check_torch_support

__all__ = ["check_net", "check_weights", "find_net", "torch_seed"]

_INNER = ("estimator_", "best_estimator_", "regressor_", "estimator", "regressor")


def find_net(estimator):
    """The skorch net that speaks for an estimator, fitted or not; None where there is none.

    Looked for in a frozen estimator, in the last step of a Pipeline, and in what a
    meta-estimator (a search, a transformed target) has fitted.
    """
    if isinstance(estimator, FrozenEstimator):
        return find_net(estimator.estimator)
    if estimator is None or hasattr(estimator, "initialize_module"):
        return estimator
    if getattr(estimator, "steps", None):
        return find_net(estimator.steps[-1][1])
    for name in _INNER:
        inner = vars(estimator).get(name) if hasattr(estimator, "__dict__") else None
        if inner is not None:
            return find_net(inner)
    return None


def check_net(caller, estimator, instead):
    """Raise unless PyTorch is there and a skorch net inside the estimator."""
    check_torch_support(f"{type(caller).__name__}.fit")
    if find_net(estimator) is None:
        check_response(caller, estimator, "module_", instead)


def check_weights(caller, estimator):
    """Raise where the training of a net has diverged."""
    module = getattr(find_net(estimator), "module_", None)
    if module is None:
        return
    n_bad = sum(int((~weights.isfinite()).sum()) for weights in module.parameters())
    if n_bad:
        name = type(caller).__name__
        raise ValueError(
            f"The net of {name} must have finite weights after its training. Got {n_bad} that are"
            " NaN or inf instead: lower its learning rate, and look for NaN and very large values"
            " in X."
        )


@contextmanager
def torch_seed(estimator, rng):
    """Draws of torch under a seed, its stream left as it was; nothing where no net is inside.

    ``rng=None`` draws from torch's own stream, as the user's net does alone.
    """
    if rng is None or find_net(estimator) is None:
        yield
        return
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(rng.randint(2**31 - 1))
        yield
