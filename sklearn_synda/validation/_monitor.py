"""Whether made rows still look like real ones: collapse, drift and lost classes."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, is_dataframe
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.metrics import coverage_score, duplicate_share, mmd_score
from sklearn_synda.metrics._coverage import expected_coverage

__all__ = ["SyntheticRowsMonitor"]

_NEIGHBORS = 5
_EXPECTED = 5  # rows of a class below which its absence says nothing


class SyntheticRowsMonitor(BaseEstimator):
    r"""Compares made rows with real ones, and says when they should not be learnt from.

    Four measures of the embedded rows, each with a limit; a limit of None is not looked at.

    - **coverage**: :func:`~sklearn_synda.metrics.coverage_score` over what is expected of as
      many rows from the distribution of the real ones. Low: modes are lost, or all is shifted.
    - **mmd**: :func:`~sklearn_synda.metrics.mmd_score`. High: rows drift away.
    - **duplicates**: one minus the number of different made rows, over that expected of as many
      drawn from the real ones with replacement. High: collapse.
    - **class balance**: the least ratio of a class's share among made rows to its share among
      real ones, over classes of which five made rows are expected. Low: a class is forgotten.

    The defaults let the rows of the package's own synthesizers pass on real tables and stop rows
    that are all equal, of one class or shifted (measured in the user guide). They do not see
    wrong labels, columns that forget one another in a table of many columns, or a small shift:
    held-out rows do (:class:`CrossValidation`).

    Parameters
    ----------
    min_coverage : float, default=0.5
        Coverage over the expected one, below which rows are refused.
    max_mmd : float, default=0.25
        MMD above which they are refused; in [0, 2].
    max_duplicates : float, default=0.6
        Share of different rows that are missing, above which they are refused.
    min_class_balance : float, default=0.1
        Ratio of shares below which they are refused.
    max_rows : int, default=1000
        Rows of either kind that are looked at, drawn at random where there are more.
    random_state : int, RandomState instance or None, default=None
        Seed of that draw.

    Attributes
    ----------
    report_ : dict
        What the last :meth:`check` saw: ``coverage``, ``mmd``, ``duplicates``,
        ``class_balance`` (NaN: not looked at) and ``alarms``, the names of those beyond limits.
    classes_ : ndarray or None
        Classes of the real rows.

    References
    ----------
    Naeem et al. (2020), :arxiv:`2002.09797`; Gretton et al. (2012), *JMLR* 13, 723-773.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.validation import SyntheticRowsMonitor
    >>> X, y = load_iris(return_X_y=True)
    >>> monitor = SyntheticRowsMonitor().fit(X[::2], y[::2])
    >>> monitor.check(X[1::2], y[1::2])
    True
    >>> monitor.check(np.repeat(X[:1], 75, axis=0), warn=False)
    False
    >>> monitor.report_["alarms"]
    ['coverage', 'mmd', 'duplicates']
    """

    _parameter_constraints: dict = {
        "min_coverage": [Interval(Real, 0, 1, closed="both"), None],
        "max_mmd": [Interval(Real, 0, 2, closed="both"), None],
        "max_duplicates": [Interval(Real, 0, 1, closed="both"), None],
        "min_class_balance": [Interval(Real, 0, 1, closed="both"), None],
        "max_rows": [Interval(Integral, 10, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, min_coverage=0.5, max_mmd=0.25, max_duplicates=0.6,
                 min_class_balance=0.1, max_rows=1000, random_state=None):  # fmt: skip
        self.min_coverage = min_coverage
        self.max_mmd = max_mmd
        self.max_duplicates = max_duplicates
        self.min_class_balance = min_class_balance
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn what real rows look like.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows.
        y : array-like of shape (n_samples,), default=None
            Classes, or float values; values are one more dimension of the rows.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X = X if is_dataframe(X) or hasattr(X, "tocsr") else np.asarray(X)
        self._rng = check_random_state(self.random_state)
        self.columns_ = Columns(X)
        self.classes_, self._scale = None, None
        if y is not None:
            y = np.asarray(y)
            if is_classification(y):
                self.classes_, codes = np.unique(y, return_inverse=True)
                self._shares = np.bincount(codes) / len(codes)
            else:
                self._scale = y.mean(), y.std() or 1.0
        self.points_ = self._drawn(self._embed(X, y))
        self._n_distinct = len(self.points_) * (1 - duplicate_share(self.points_))
        return self

    def _embed(self, X, y):
        points = self.columns_.to_embedding(self.columns_.to_cells(X))
        if self._scale is None or y is None:
            return points
        return np.column_stack([points, (np.asarray(y) - self._scale[0]) / self._scale[1]])

    def _drawn(self, points):
        if len(points) <= self.max_rows:
            return points
        return points[self._rng.choice(len(points), self.max_rows, replace=False)]

    def check(self, X, y=None, *, warn=True):
        """Look at made rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_made, n_features)
            Made rows, of the kind of the real ones.
        y : array-like of shape (n_made,) or (n_made, n_classes), default=None
            Their classes, class probabilities (columns in the order of ``classes_``) or
            values; values must be given where the real rows had some.
        warn : bool, default=True
            Whether a refusal is a :class:`~sklearn_synda.exceptions.SynthesisWarning`, too.

        Returns
        -------
        is_good : bool
            False: better fall back to the real rows alone.
        """
        check_is_fitted(self, "points_")
        X = X if is_dataframe(X) or hasattr(X, "tocsr") else np.asarray(X)
        if self._scale is not None and y is None:
            raise ValueError(
                "The 'y' parameter of SyntheticRowsMonitor.check must hold values, as that of fit"
                " did. Got None instead."
            )
        shape = np.shape(y)
        if self.classes_ is not None and len(shape) > 1 and shape[1:] != self.classes_.shape:
            raise ValueError(
                "The 'y' parameter of SyntheticRowsMonitor.check must have one column for each of"
                f" {len(self.classes_)} classes. Got shape {shape} instead."
            )
        made = self._drawn(self._embed(X, y))
        report = self._measure(made, None if y is None else np.asarray(y))
        limits = {
            "coverage": (self.min_coverage, -1),
            "mmd": (self.max_mmd, 1),
            "duplicates": (self.max_duplicates, 1),
            "class_balance": (self.min_class_balance, -1),
        }
        alarms = [
            name
            for name, (limit, sign) in limits.items()
            if limit is not None and sign * report[name] > sign * limit
        ]
        self.report_ = {**report, "alarms": alarms}
        if alarms and warn:
            said = ", ".join(f"{name} {report[name]:.2f} (limit {limits[name][0]})"
                             for name in alarms)  # fmt: skip
            warnings.warn(
                f"Made rows do not look like the real ones: {said}. They should not be learnt"
                " from.",
                SynthesisWarning,
                stacklevel=2,
            )
        return not alarms

    def _measure(self, made, y):
        real = self.points_
        few = min(len(made), len(real)) < 2
        if few or not np.isfinite(made).all():
            unknown = np.nan if few else np.inf
            return {"coverage": -unknown, "mmd": unknown, "duplicates": np.nan,
                    "class_balance": np.nan}  # fmt: skip
        expected = expected_coverage(len(real), len(made), _NEIGHBORS)
        distinct = len(made) * (1 - duplicate_share(made))
        drawn = self._n_distinct * (1 - (1 - 1 / self._n_distinct) ** len(made))
        return {
            "coverage": coverage_score(real, made, n_neighbors=_NEIGHBORS) / expected,
            "mmd": mmd_score(real, made),
            "duplicates": float(max(1 - distinct / drawn, 0.0)),
            "class_balance": self._class_balance(y),
        }

    def _class_balance(self, y):
        if y is None or self.classes_ is None:
            return np.nan
        if y.ndim == 1:
            y = y[:, None] == self.classes_
        enough = self._shares * len(y) >= _EXPECTED
        if not enough.any():
            return np.nan
        return float((y.mean(axis=0)[enough] / self._shares[enough]).min())
