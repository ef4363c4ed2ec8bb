"""Gaps between groups of people (or of anything else) in what a classifier says of them."""

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from sklearn_synda._labels import is_missing

__all__ = ["demographic_parity_gap", "equalized_odds_gap", "predictive_parity_gap"]


def demographic_parity_gap(y_true, y_pred, *, sensitive_features, pos_label=1):
    r"""Largest difference between groups in the share of rows that are predicted positive.

    0 where all groups are selected equally often; larger = further apart. It ignores whether the
    predictions are right. Groups that differ in truth cannot have 0 here, 0 in
    :func:`equalized_odds_gap` and 0 in :func:`predictive_parity_gap` all at once.

    .. math:: \max_g P(\hat y = 1 \mid g) - \min_g P(\hat y = 1 \mid g)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes. Not used: it makes the three gaps alike.
    y_pred : array-like of shape (n_samples,)
        Predicted classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features)
        The group of each row; with several columns, every combination is a group.
    pos_label : int, float, bool or str, default=1
        The positive class.

    Returns
    -------
    gap : float
        In [0, 1].

    References
    ----------
    Dwork et al. (2012), Fairness through awareness, :doi:`10.1145/2090236.2090255`.

    Examples
    --------
    >>> from sklearn_synda.metrics import demographic_parity_gap
    >>> groups = ["a", "a", "b", "b"]
    >>> demographic_parity_gap([1, 0, 1, 0], [1, 1, 1, 0], sensitive_features=groups)
    0.5
    """
    _, said, names, group = _check_groups(y_true, y_pred, sensitive_features, pos_label)
    return _gap([said[group == g].mean() for g in range(len(names))])


def equalized_odds_gap(y_true, y_pred, *, sensitive_features, pos_label=1):
    r"""Largest difference between groups in the rates of true and of false positives.

    The larger of the two differences. 0 where a classifier is right, and wrong, equally often in
    all groups; larger = further apart. Every group needs positive and negative rows.

    .. math:: \max_{c \in \{0, 1\}} \left( \max_g P(\hat y = 1 \mid y = c, g)
              - \min_g P(\hat y = 1 \mid y = c, g) \right)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes.
    y_pred : array-like of shape (n_samples,)
        Predicted classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features)
        The group of each row; with several columns, every combination is a group.
    pos_label : int, float, bool or str, default=1
        The positive class.

    Returns
    -------
    gap : float
        In [0, 1].

    References
    ----------
    Hardt, Price & Srebro (2016), Equality of opportunity in supervised learning,
    :arxiv:`1610.02413`.

    Examples
    --------
    >>> from sklearn_synda.metrics import equalized_odds_gap
    >>> groups = ["a", "a", "b", "b"]
    >>> equalized_odds_gap([1, 0, 1, 0], [1, 1, 1, 0], sensitive_features=groups)
    1.0
    """
    truth, said, names, group = _check_groups(y_true, y_pred, sensitive_features, pos_label)
    gaps = []
    for kind, wanted in (("positive", truth), ("negative", ~truth)):
        rates = []
        for g, name in enumerate(names):
            rows = (group == g) & wanted
            if not rows.any():
                raise ValueError(
                    "The 'y_true' parameter of equalized_odds_gap must hold positive and negative"
                    f" rows in every group. Got no {kind} row in group {name!r} instead: leave"
                    " the group out, or join it to another."
                )
            rates.append(said[rows].mean())
        gaps.append(_gap(rates))
    return max(gaps)


def predictive_parity_gap(y_true, y_pred, *, sensitive_features, pos_label=1):
    r"""Largest difference between groups in the precision of positive predictions.

    0 where a positive prediction means the same in all groups; larger = further apart. Every
    group needs a row that is predicted positive.

    .. math:: \max_g P(y = 1 \mid \hat y = 1, g) - \min_g P(y = 1 \mid \hat y = 1, g)

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes.
    y_pred : array-like of shape (n_samples,)
        Predicted classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features)
        The group of each row; with several columns, every combination is a group.
    pos_label : int, float, bool or str, default=1
        The positive class.

    Returns
    -------
    gap : float
        In [0, 1].

    References
    ----------
    Chouldechova (2017), Fair prediction with disparate impact, :arxiv:`1703.00056`.

    Examples
    --------
    >>> from sklearn_synda.metrics import predictive_parity_gap
    >>> groups = ["a", "a", "b", "b"]
    >>> predictive_parity_gap([1, 0, 1, 0], [1, 1, 1, 0], sensitive_features=groups)
    0.5
    """
    truth, said, names, group = _check_groups(y_true, y_pred, sensitive_features, pos_label)
    precisions = []
    for g, name in enumerate(names):
        rows = (group == g) & said
        if not rows.any():
            raise ValueError(
                "The 'y_pred' parameter of predictive_parity_gap must hold a positive prediction"
                f" in every group. Got none in group {name!r} instead: leave the group out, or"
                " join it to another."
            )
        precisions.append(truth[rows].mean())
    return _gap(precisions)


def _gap(rates):
    return float(max(rates) - min(rates))


def _check_groups(y_true, y_pred, sensitive_features, pos_label):
    """Masks of true and predicted positives, names of the groups and group of each row."""
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    features = np.asarray(sensitive_features, dtype=object)
    features = features[:, None] if features.ndim == 1 else features
    check_consistent_length(y_true, y_pred, features)
    n_missing = sum(any(is_missing(cell) for cell in row) for row in features)
    if n_missing:
        raise ValueError(
            "The 'sensitive_features' parameter of a fairness gap must name a group for every row."
            f" Got {n_missing} missing ones instead: give them a name of their own, or leave those"
            " rows out."
        )
    found = list(np.unique(np.concatenate([y_true, y_pred])))
    if len(found) > 2 or (len(found) == 2 and pos_label not in found):
        raise ValueError(
            "The 'pos_label' parameter of a fairness gap must be one of two classes."
            f" Got {pos_label!r} among {', '.join(map(str, found))} instead."
        )
    codes: dict = {}
    group = np.array([codes.setdefault(tuple(row), len(codes)) for row in features])
    names = [name[0] if len(name) == 1 else name for name in codes]
    return y_true == pos_label, y_pred == pos_label, names, group
