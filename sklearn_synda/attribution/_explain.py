"""One door to the attributions, for whatever says how unsure it is."""

from sklearn_synda._compatibility import check_count
from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.attribution._gradient import gradient_attribution, net_behind
from sklearn_synda.attribution._occlusion import occlusion_attribution
from sklearn_synda.attribution._shapley import shapley_attribution

__all__ = ["explain_uncertainty"]

_METHODS = StrOptions({"shapley", "occlusion", "gradient"})


def explain_uncertainty(uncertainty, X, background, *, method="shapley", n_repeats=20,
                        random_state=None):  # fmt: skip
    """How much of the uncertainty of rows is due to each of their columns.

    Positive: the value makes the row less certain than background rows are. It explains what
    the model says, not what is true: an uncertainty that is wrong is explained as faithfully.

    Parameters
    ----------
    uncertainty : callable or uncertainty estimator
        ``uncertainty(X) -> (n_rows,)``, or a fitted object with ``predict_uncertainty``.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows to explain.
    background : {array-like, sparse matrix, DataFrame} of shape (n_background, n_features)
        Real rows to compare with, such as the training rows.
    method : {"shapley", "occlusion", "gradient"}, default="shapley"
        :func:`shapley_attribution` shares the whole difference among the columns,
        :func:`occlusion_attribution` looks at one column at a time, :func:`gradient_attribution`
        is for a :class:`~sklearn_synda.uncertainty.PredictiveUncertainty` of a skorch net.
    n_repeats : int, default=20
        Background rows each row is compared with.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    attribution : ndarray of shape (n_samples, n_features)
        In the unit of the uncertainty.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.attribution import explain_uncertainty
    >>> from sklearn_synda.uncertainty import PredictiveUncertainty
    >>> X, y = load_iris(return_X_y=True)
    >>> unsure = PredictiveUncertainty(LogisticRegression(max_iter=500)).fit(X, y)
    >>> why = explain_uncertainty(unsure, X[[70]], X, random_state=0)
    >>> why.round(1)  # petal length and width
    array([[0.1, 0. , 0.3, 0.3]])
    """
    if not _METHODS.is_satisfied_by(method):
        raise ValueError(
            f"The 'method' parameter of explain_uncertainty must be {_METHODS}. Got"
            f" {method!r} instead."
        )
    check_count("n_repeats", n_repeats, "explain_uncertainty")
    draws = {"n_repeats": n_repeats, "random_state": random_state}
    if method == "gradient":
        model, measure = net_behind(
            uncertainty, "explain_uncertainty(method='gradient')", "method='shapley'"
        )
        return gradient_attribution(model, X, background, measure=measure, **draws)
    ask = getattr(uncertainty, "predict_uncertainty", uncertainty)
    attribute = shapley_attribution if method == "shapley" else occlusion_attribution
    return attribute(ask, X, background, **draws)
