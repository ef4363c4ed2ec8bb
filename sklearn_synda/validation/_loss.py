"""The loss of a fitted estimator on held-out real rows."""

import numpy as np

__all__ = ["held_out_loss"]

_FLOOR = 1e-3  # probability below which a wrong class costs no more


def held_out_loss(estimator, X, y):
    """Loss of each row: larger = worse.

    Log-loss in nats where the estimator has ``predict_proba`` (capped at ``-ln 0.001``, so that
    one row cannot decide), the error 0 or 1 where it has not, the squared error for values.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier or a regressor.
    X : table of shape (n_samples, n_features)
        Held-out rows.
    y : ndarray of shape (n_samples,)
        Their classes or, as floats under a regressor, values.

    Returns
    -------
    loss : ndarray of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_synda.validation import held_out_loss
    >>> X, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    >>> held_out_loss(DummyClassifier().fit(X, y), X, y).round(2)
    array([0.29, 0.29, 0.29, 1.39])
    """
    if not hasattr(estimator, "classes_"):
        return (np.asarray(estimator.predict(X), dtype=np.float64).ravel() - y) ** 2
    if not hasattr(estimator, "predict_proba"):
        return (np.asarray(estimator.predict(X)) != y).astype(np.float64)
    proba = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    is_own = np.asarray(y)[:, None] == estimator.classes_
    likely = np.where(is_own, proba, 0.0).sum(axis=1)
    return -np.log(np.maximum(likely, _FLOOR))
