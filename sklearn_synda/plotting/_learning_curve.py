"""A score as labels are added, strategy by strategy."""

import numpy as np

from sklearn_synda._optional import check_matplotlib_support
from sklearn_synda.plotting._style import INK, SEQUENCE, legend_above, lighten, new_axes

__all__ = ["LearningCurveDisplay"]


class LearningCurveDisplay:
    """Mean score by number of labels, with a band of one standard error over the seeds.

    The dashed line is the score with the whole pool labelled. Bands that overlap mean that the
    seeds do not tell the strategies apart.

    It is recommended to use :meth:`from_comparison`.

    Parameters
    ----------
    budgets : int ndarray of shape (n_budgets,)
        Numbers of labelled rows.
    scores : dict of str to ndarray of shape (n_seeds, n_budgets)
        Scores by name of the strategy.
    full_score : float, default=None
        Score with all rows labelled. None: no line.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    LabelSavingsDisplay : The labels each strategy saves.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.plotting import LearningCurveDisplay
    >>> display = LearningCurveDisplay(
    ...     np.array([10, 20]), {"random": np.array([[0.6, 0.7], [0.5, 0.8]])}
    ... )
    >>> display.plot().ax_.get_xlabel()
    'labelled rows'
    """

    def __init__(self, budgets, scores, *, full_score=None):
        self.budgets = budgets
        self.scores = scores
        self.full_score = full_score

    @classmethod
    def from_comparison(cls, comparison, *, ax=None):
        """Draw what :func:`~sklearn_synda.model_selection.compare` gave.

        Parameters
        ----------
        comparison : BudgetComparison
            Curves by name.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : LearningCurveDisplay
            The numbers, drawn.
        """
        curves = comparison.curves
        first = next(iter(curves.values()))
        scores = {name: curve.scores for name, curve in curves.items()}
        return cls(first.budgets, scores, full_score=first.full_scores.mean()).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : LearningCurveDisplay
            This object, with ``ax_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        ax = new_axes((7.2, 4.5)) if ax is None else ax
        self.ax_, self.figure_ = ax, ax.figure
        lighten(ax)
        for k, (name, scores) in enumerate(self.scores.items()):
            color = INK if name == "random" else SEQUENCE[k % len(SEQUENCE)]
            mean = scores.mean(axis=0)
            ax.plot(self.budgets, mean, color=color, marker="o", ms=4, label=name)
            if len(scores) > 1:
                error = scores.std(axis=0, ddof=1) / np.sqrt(len(scores))
                ax.fill_between(self.budgets, mean - error, mean + error, color=color, alpha=0.15,
                                lw=0)  # fmt: skip
        if self.full_score is not None:
            ax.axhline(self.full_score, color=INK, lw=1, ls="--", label="all rows labelled")
        ax.set_xlabel("labelled rows")
        ax.set_ylabel("score on held-out rows")
        legend_above(ax)
        return self
