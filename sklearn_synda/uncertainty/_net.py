"""What a net needs to be before and after its training."""

from sklearn_synda._compatibility import check_response
from sklearn_synda._nets import find_net
from sklearn_synda._optional import check_torch_support

__all__ = ["check_net", "check_weights"]


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
