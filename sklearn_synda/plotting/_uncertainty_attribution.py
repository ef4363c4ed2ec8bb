"""Which columns drive the uncertainty."""

import numpy as np
from scipy.stats import rankdata

from sklearn_synda._columns import Columns, is_dataframe
from sklearn_synda._optional import check_matplotlib_support
from sklearn_synda.plotting._given import check_meta_estimator
from sklearn_synda.plotting._style import INK, PALE, lighten, new_axes

__all__ = ["UncertaintyAttributionDisplay"]


class UncertaintyAttributionDisplay:
    """Attributions of many rows, a line for each column of the table.

    A bar is the mean size of a column's attribution, a dot one row: right of zero the value
    makes the row less certain. Dots of numbers are dark where the value is large. The longest
    bars come first; the others are left out. Not for one row alone: print its numbers.

    It is recommended to use :meth:`from_estimator`, which computes the numbers.

    Parameters
    ----------
    attribution : ndarray of shape (n_rows, n_features)
        Attributions, positive: makes the row less certain.
    feature_names : sequence of str, default=None
        Names of the columns. None: "x0", "x1", ...
    ranks : ndarray of shape (n_rows, n_features), default=None
        Rank of each value in its column, from 0 to 1; NaN for categories and missing values.
        None: all dots are grey.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    UncertaintyMapDisplay : Where the model is unsure.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.plotting import UncertaintyAttributionDisplay
    >>> display = UncertaintyAttributionDisplay(
    ...     np.array([[0.3, 0.0], [-0.1, 0.02]]), feature_names=["age", "height"]
    ... )
    >>> [label.get_text() for label in display.plot().ax_.get_yticklabels()]
    ['age', 'height']
    """

    def __init__(self, attribution, *, feature_names=None, ranks=None):
        self.attribution = attribution
        self.feature_names = feature_names
        self.ranks = ranks

    @classmethod
    def from_estimator(cls, estimator, X, *, method="shapley", n_repeats=20, random_state=None,
                       max_features=12, ax=None):  # fmt: skip
        """Explain the uncertainty of rows and draw it.

        Parameters
        ----------
        estimator : ActiveSynthesisClassifier or ActiveSynthesisRegressor
            Fitted estimator; anything with ``explain_uncertainty``.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows it was not fitted on.
        method : {"shapley", "occlusion", "gradient"}, default="shapley"
            As in :func:`~sklearn_synda.attribution.explain_uncertainty`.
        n_repeats : int, default=20
            Labelled rows each row is compared with.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        max_features : int, default=12
            Columns drawn.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : UncertaintyAttributionDisplay
            The numbers, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_meta_estimator(f"{cls.__name__}.from_estimator", estimator)
        found = estimator.explain_uncertainty(
            X, method=method, n_repeats=n_repeats, random_state=random_state
        )
        names = [str(name) for name in X.columns] if is_dataframe(X) else None
        display = cls(found, feature_names=names, ranks=_ranks(X))
        return display.plot(ax=ax, max_features=max_features)

    def plot(self, ax=None, *, max_features=12, cmap="viridis_r"):
        """Draw the attributions.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.
        max_features : int, default=12
            Columns drawn.
        cmap : str or matplotlib Colormap, default="viridis_r"
            Colours of small and large values.

        Returns
        -------
        display : UncertaintyAttributionDisplay
            This object, with ``ax_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        found = np.asarray(self.attribution, dtype=np.float64)
        size = np.abs(found).mean(axis=0)
        order = np.argsort(-size, kind="stable")[:max_features]
        ax = new_axes((7.2, 1.2 + 0.38 * len(order))) if ax is None else ax
        lines = np.arange(len(order))
        ax.barh(lines, size[order], color=PALE, height=0.7, zorder=1)
        for line, j in enumerate(order):
            ranks = np.full(len(found), np.nan) if self.ranks is None else self.ranks[:, j]
            known = ~np.isnan(ranks)
            place = line + _swarm(found[:, j])
            ax.scatter(found[~known, j], place[~known], s=9, color="0.55", zorder=2)
            ax.scatter(found[known, j], place[known], s=9, c=ranks[known], cmap=cmap, vmin=0,
                       vmax=1, zorder=2)  # fmt: skip
        names = self.feature_names or [f"x{j}" for j in range(found.shape[1])]
        ax.set_yticks(lines, [names[j] for j in order])
        ax.set_ylim(len(order) - 0.4, -0.6)
        ax.set_xlabel("attribution (right of zero: makes the row less certain)")
        ax.axvline(0, color=INK, linewidth=0.8, zorder=1.5)
        lighten(ax)
        ax.grid(False, axis="y")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _swarm(values):
    """Heights that keep dots of like value apart, the same in every run."""
    span = np.ptp(values) or 1.0
    bins = np.floor((values - values.min()) / span * 40)
    height = np.zeros(len(values))
    for value in np.unique(bins):
        inside = np.flatnonzero(bins == value)
        turn = np.arange(len(inside))
        height[inside] = (turn + 1) // 2 * np.where(turn % 2, 1, -1)
    return np.clip(height * 0.07, -0.36, 0.36)


def _ranks(X):
    columns = Columns(X)
    cells = columns.to_cells(X)
    ranks = np.full(cells.shape, np.nan)
    for j in np.flatnonzero(~columns.is_categorical):
        known = ~np.isnan(cells[:, j])
        place = rankdata(cells[known, j])
        ranks[known, j] = (place - 1) / max(known.sum() - 1, 1)
    return ranks
