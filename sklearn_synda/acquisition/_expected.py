"""Scores of what a label is expected to change."""

import numpy as np

from sklearn_synda.acquisition._classification import entropy_score, least_confident_score

__all__ = [
    "expected_error_score",
    "expected_gradient_length_score",
    "expected_model_change_score",
]

_ERRORS = {"log": entropy_score, "zero_one": least_confident_score}


def expected_error_score(proba, outcomes, loss="log"):
    r"""Minus the error expected once a row has its label.

    :math:`-\sum_c p_{ic} \frac1E \sum_e \ell(q_{ice})` with :math:`p_{ic}` the chance that row
    :math:`i` is of class :math:`c`, :math:`q_{ice}` the class probabilities of row :math:`e` of
    :math:`E` by the model that has learnt so, and :math:`\ell` the loss they expect of
    themselves: their entropy in nats ("log") or one minus the largest ("zero_one"). Larger = less
    error left = more worth asking; never above zero. Not for a model that grows ever surer
    whatever it learns: its own word is taken for its error.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Chance of each label.
    outcomes : ndarray of shape (n_samples, n_classes, n_evaluation, n_classes)
        Class probabilities of other rows, once the row has the label.
    loss : {"log", "zero_one"}, default="log"
        What counts as error.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Roy & McCallum (2001), *Toward Optimal Active Learning through Sampling Estimation of Error
    Reduction*, ICML.

    Examples
    --------
    Whatever the label of the first row, the model is then sure of the other; the second row
    tells it nothing:

    >>> import numpy as np
    >>> from sklearn_synda.acquisition import expected_error_score
    >>> sure, unsure = [[[1.0, 0.0]], [[0.0, 1.0]]], [[[0.5, 0.5]], [[0.5, 0.5]]]
    >>> expected_error_score(np.full((2, 2), 0.5), np.array([sure, unsure]), "zero_one")
    array([ 0. , -0.5])
    """
    outcomes = np.asarray(outcomes, dtype=np.float64)
    error = _ERRORS[loss](outcomes.reshape(-1, outcomes.shape[-1]))
    return 0.0 - np.sum(proba * error.reshape(outcomes.shape[:-1]).mean(axis=2), axis=1)


def expected_gradient_length_score(proba, embedding):
    r"""Length of the gradient that the label is expected to cause, in units of the embedding.

    :math:`\sum_c p_c \|p - e_c\| \, \|x\|` with :math:`p` the class probabilities of a row,
    :math:`e_c` the unit vector of class :math:`c` and :math:`x` its place in the embedding: the
    gradient of the cross-entropy of a linear last layer, over the labels the row may get. Larger
    = more worth asking. Not for an embedding whose origin is arbitrary, nor with outliers: the
    length of :math:`x` counts.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.
    embedding : ndarray of shape (n_samples, n_dimensions)
        Rows as points.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Settles, Craven & Ray (2008), *Multiple-Instance Active Learning*, NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import expected_gradient_length_score
    >>> proba = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    >>> expected_gradient_length_score(proba, np.array([[1.0], [1.0], [2.0]])).round(3)
    array([0.   , 0.707, 1.414])
    """
    proba = np.asarray(proba, dtype=np.float64)
    squared = (proba**2).sum(axis=1, keepdims=True) - 2 * proba + 1  # of p - e_c
    length = np.sum(proba * np.sqrt(np.maximum(squared, 0.0)), axis=1)
    return length * np.linalg.norm(embedding, axis=1)


def expected_model_change_score(prediction, members, embedding):
    r"""How far the value that a committee expects would pull a linear model.

    :math:`\frac1M \sum_m |f(x) - f_m(x)| \, \|x\|` with :math:`f` the model, :math:`f_m` the
    :math:`M` members of a committee, which stand for the values the row may have, and :math:`x`
    its place in the embedding: the gradient of the squared error of a linear model. Larger =
    more worth asking. Not for an embedding whose origin is arbitrary, nor with outliers: the
    length of :math:`x` counts.

    Parameters
    ----------
    prediction : ndarray of shape (n_samples,)
        What the model predicts.
    members : ndarray of shape (n_members, n_samples)
        What each member predicts.
    embedding : ndarray of shape (n_samples, n_dimensions)
        Rows as points.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        In target units times those of the embedding.

    References
    ----------
    Cai, Zhang & Zhou (2013), *Maximizing Expected Model Change for Active Learning in
    Regression*, :doi:`10.1109/ICDM.2013.104`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import expected_model_change_score
    >>> members = np.array([[1.0, 2.0], [1.0, 4.0]])
    >>> expected_model_change_score(np.array([1.0, 3.0]), members, np.array([[5.0], [2.0]]))
    array([0., 2.])
    """
    pull = np.abs(np.asarray(members, dtype=np.float64) - prediction).mean(axis=0)
    return pull * np.linalg.norm(embedding, axis=1)
