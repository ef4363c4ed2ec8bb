"""Integrated gradients for nets, in the columns of the user's table."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_count
from sklearn_synda._fitting import thawed
from sklearn_synda._optional import check_torch_support
from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.attribution._cells import draw_background, in_cells

__all__ = ["gradient_attribution", "linear_change", "net_behind"]

_MEASURES = StrOptions({"margin", "entropy", "least_confident"})


def gradient_attribution(estimator, X, background, *, measure="margin", n_repeats=10,
                         n_steps=32, random_state=None):  # fmt: skip
    r"""How the uncertainty of a net's row is shared among its columns, by its gradients.

    .. math:: \phi_{ij} = \frac{1}{K} \sum_{k=1}^{K} (x_{ij} - b_{kj}) \int_0^1 \frac{\partial
        U}{\partial x_j} \big(b_k + a (x_i - b_k)\big) \, da

    with the uncertainty :math:`U`, row :math:`x_i`, and :math:`K` = ``n_repeats`` rows
    :math:`b_k` drawn from the background. Positive: the value makes the row less certain. Row
    sums are the uncertainty of the row less the mean one of the background rows drawn for it, up
    to the error of the ``n_steps`` steps. What prepares the rows must keep columns apart
    (scaling, one-hot categories): not behind a PCA, and not for trees; use
    :func:`shapley_attribution` there.

    Parameters
    ----------
    estimator : estimator object
        A fitted skorch classifier, or a pipeline that ends in one.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows to explain.
    background : {array-like, sparse matrix, DataFrame} of shape (n_background, n_features)
        Real rows to compare with.
    measure : {"margin", "entropy", "least_confident"}, default="margin"
        Uncertainty of the net's probabilities (:mod:`sklearn_synda.acquisition`).
    n_repeats : int, default=10
        Background rows for each row.
    n_steps : int, default=32
        Points on the way between two rows.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    attribution : ndarray of shape (n_samples, n_features)
        In the unit of the measure.

    Notes
    -----
    Costs ``n_repeats * n_steps`` passes of the rows through the net and back.

    References
    ----------
    Sundararajan, Taly & Yan (2017), :arxiv:`1703.01365`.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from skorch import NeuralNetClassifier
    >>> from sklearn_synda.attribution import gradient_attribution
    >>> layer = torch.nn.Linear(3, 2)
    >>> _ = torch.nn.init.zeros_(layer.bias)
    >>> layer.weight.data[:] = torch.tensor([[1.0, 0, 0], [-1.0, 0, 0]])
    >>> net = NeuralNetClassifier(layer, criterion=torch.nn.CrossEntropyLoss).initialize()
    >>> X = np.array([[0, 1, 2], [1, 3, 4]], dtype=np.float32)
    >>> gradient_attribution(net, X[:1], X[1:]).round(2) + 0.0  # unsure for the first column is 0
    array([[0.76, 0.  , 0.  ]])
    """
    check_torch_support("gradient_attribution")
    from sklearn_synda.attribution._torch._integrated_gradients import integrated_gradients

    if not _MEASURES.is_satisfied_by(measure):
        raise ValueError(
            f"The 'measure' parameter of gradient_attribution must be {_MEASURES}. Got"
            f" {measure!r} instead."
        )
    check_count("n_repeats", n_repeats, "gradient_attribution")
    check_count("n_steps", n_steps, "gradient_attribution")
    net, prepare = _net_of(estimator, "gradient_attribution", "shapley_attribution")
    ask, cells, others = in_cells("gradient_attribution", prepare, X, background)
    rows, starts = _dense(ask(cells)), _dense(ask(others))
    owner = _owners(ask, np.vstack([cells, others]), np.vstack([rows, starts]), prepare)
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    drawn = draw_background(len(others), len(cells), n_repeats, rng)
    found = integrated_gradients(net, rows, starts[drawn], measure=measure, n_steps=n_steps)
    return found @ owner


def linear_change(uncertainty, X, caller, instead):
    """What the gradients of a net say of moved rows: a function of those and their positions.

    ``change(moved, rows)`` is the uncertainty of ``moved`` less that of the ``rows`` of ``X``, to
    first order in the inputs of the net: its rows as the steps before it leave them.
    """
    model, measure = net_behind(uncertainty, caller, instead)
    check_torch_support(caller)
    from sklearn_synda.attribution._torch._integrated_gradients import slopes

    net, prepare = _net_of(model, caller, instead)
    inputs = _dense(prepare(X))
    slope = slopes(net, inputs, measure=measure)
    if not np.isfinite(slope).all():
        raise ValueError(
            f"The gradients that {caller} needs must be finite numbers. Got NaN or infinity of"
            f" {type(net).__name__} instead: use {instead}."
        )

    def change(moved, rows):
        return ((_dense(prepare(moved)) - inputs[rows]) * slope[rows]).sum(axis=1)

    return change


def net_behind(uncertainty, caller, instead):
    """The fitted model and the measure of an uncertainty that gradients can explain."""
    if not (getattr(uncertainty, "_speaks_of_proba", False) and hasattr(uncertainty, "estimator_")):
        raise TypeError(
            f"{caller} is not compatible with {type(uncertainty).__name__}: it needs a"
            f" PredictiveUncertainty of a net. Use {instead} instead."
        )
    return thawed(uncertainty.estimator_), uncertainty.measure


def _net_of(estimator, caller, instead):
    """A fitted net, and what prepares its rows."""
    net = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not (hasattr(net, "module_") and hasattr(net, "predict_proba")):
        raise TypeError(
            f"{caller} is not compatible with {type(net).__name__}: it needs a fitted skorch"
            f" classifier. Use {instead} instead."
        )
    return net, estimator[:-1].transform if isinstance(estimator, Pipeline) else np.asarray


def _dense(prepared):
    return np.asarray(prepared.toarray() if hasattr(prepared, "toarray") else prepared, float)


def _owners(ask, cells, prepared, prepare):
    """Which column each input of the net is made of: 0 or 1 of shape (width, n_features)."""
    owner = np.zeros((prepared.shape[1], cells.shape[1]))
    for j in range(cells.shape[1]):
        order = np.argsort(cells[:, j], kind="stable")
        moved = cells.copy()
        moved[order, j] = np.roll(cells[order, j], len(cells) // 2)
        same = (_dense(ask(moved)) == prepared) | np.isnan(prepared)
        owner[:, j] = ~same.all(axis=0)
    if (owner.sum(axis=1) > 1).any():
        raise TypeError(
            f"gradient_attribution is not compatible with {type(prepare.__self__).__name__}: it"
            " needs steps that keep columns apart; these mix some. Use shapley_attribution"
            " instead."
        )
    return owner
