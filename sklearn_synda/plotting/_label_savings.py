"""The labels a strategy saves against random rows."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._optional import check_matplotlib_support
from sklearn_synda.plotting._style import INK, SEQUENCE, legend_above, lighten, new_axes

__all__ = ["LabelSavingsDisplay"]


class LabelSavingsDisplay:
    """Share of the labels of random rows that each strategy did not need.

    A dot for each strategy and share of the gap, with the 90 % interval over resampled seeds.
    A dot left of zero needed more labels than random rows. An arrow at the left edge instead of a
    dot: the strategy did not get there within the budgets, random rows did; an interval that runs
    to the left edge: in some resamples it did not. Neither: random rows did not get there either.

    It is recommended to use :meth:`from_comparison`.

    Parameters
    ----------
    shares : sequence of float
        Shares of the gap from the first score to that of all rows.
    saved : dict of str to ndarray of shape (n_shares,)
        Share of labels saved, by name of the strategy; ``-inf`` is drawn as an arrow, NaN not.
    intervals : dict of str to ndarray of shape (n_shares, 2), default=None
        Ends of the intervals. None: dots alone.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    LearningCurveDisplay : The curves these are read off.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.plotting import LabelSavingsDisplay
    >>> display = LabelSavingsDisplay([0.9, 0.95], {"margin": np.array([0.4, 0.3])})
    >>> display.plot().ax_.get_ylabel()
    'share of the gap closed'
    """

    def __init__(self, shares, saved, *, intervals=None):
        self.shares = shares
        self.saved = saved
        self.intervals = intervals

    @classmethod
    def from_comparison(cls, comparison, *, shares=(0.9, 0.95, 0.98, 0.99), n_resamples=200,
                        random_state=None, ax=None):  # fmt: skip
        """Draw what :func:`~sklearn_synda.model_selection.compare` gave.

        Parameters
        ----------
        comparison : BudgetComparison
            Curves by name.
        shares : sequence of float, default=(0.9, 0.95, 0.98, 0.99)
            Shares of the gap.
        n_resamples : int, default=200
            Times the seeds are drawn anew for the intervals.
        random_state : int, RandomState instance or None, default=None
            Seed of these draws.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : LabelSavingsDisplay
            The numbers, drawn.
        """
        rng = check_random_state(random_state)
        n_seeds = len(next(iter(comparison.curves.values())).scores)
        names = [name for name in comparison.curves if name != "random"]
        draws = [comparison.take(rng.randint(n_seeds, size=n_seeds)) for _ in range(n_resamples)]
        saved = {name: np.empty(len(shares)) for name in names}
        intervals = {name: np.empty((len(shares), 2)) for name in names}
        for k, share in enumerate(shares):
            found = comparison.labels_saved(share)
            drawn = [draw.labels_saved(share) for draw in draws]
            for name in names:
                saved[name][k] = found[name]
                values = np.array([draw[name] for draw in drawn])
                values = values[~np.isnan(values)]  # there, random rows did not get there either
                if not len(values):
                    values = [np.nan]
                # an order statistic: between -inf and a number there is nothing
                ends = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
                intervals[name][k] = ends
        return cls(shares, saved, intervals=intervals).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the savings.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : LabelSavingsDisplay
            This object, with ``ax_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax = new_axes((7.2, 3.5)) if ax is None else ax
        self.ax_, self.figure_ = ax, ax.figure
        lighten(ax)
        height = np.arange(len(self.shares))
        step = 0.6 / max(len(self.saved), 1)
        for k, (name, saved) in enumerate(self.saved.items()):
            place = height + step * (k - (len(self.saved) - 1) / 2)
            color = SEQUENCE[k % len(SEQUENCE)]
            seen = np.where(np.isfinite(saved), saved, np.nan)
            ax.plot(seen, place, ls="", marker="o", ms=6, color=color, label=name)
            never = place[np.isneginf(saved)]
            ax.plot(np.full(len(never), self._left_edge()), never, ls="", marker="<", ms=6,
                    color=color)  # fmt: skip
            if self.intervals is not None:
                ends = np.asarray(self.intervals[name])
                least, most = np.where(np.isneginf(ends), self._left_edge(), ends).T
                ax.hlines(place, least, most, color=color, lw=1.5)
        ax.axvline(0, color=INK, lw=1, ls="--")
        ax.set_yticks(height, [f"{share:.0%}" for share in self.shares])
        ax.xaxis.set_major_formatter("{x:.0%}")
        ax.set_xlabel("labels saved against random rows")
        ax.set_ylabel("share of the gap closed")
        legend_above(ax)
        return self

    def _left_edge(self):
        """A place left of every number of the figure."""
        numbers = [
            *self.saved.values(),
            *([] if self.intervals is None else self.intervals.values()),
        ]
        numbers = np.concatenate([[0.0], *(np.ravel(part) for part in numbers)])
        return numbers[np.isfinite(numbers)].min() - 0.1
