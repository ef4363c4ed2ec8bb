"""What each round of synthesis brought: held-out loss, rows, rate."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._optional import check_matplotlib_support
from sklearn_synda.plotting._given import check_meta_estimator
from sklearn_synda.plotting._style import (
    BLUE,
    GREEN,
    INK,
    PALE,
    VERMILION,
    legend_above,
    lighten,
    new_axes,
)

__all__ = ["SynthesisHistoryDisplay"]


class SynthesisHistoryDisplay:
    """Held-out loss and synthetic rows, round by round.

    Above, the loss on held-out real rows (smaller = better) with a band of one standard error,
    against the dashed loss of the user's model as it is (round 0, or the copy that learnt the
    real rows alone by ``partial_fit``); the star is the round that was kept. Below, the
    rows and the rate asked for in each round. A band wider than the gain says that
    the gain may be luck.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    iteration : int ndarray of shape (n_rounds,)
        Numbers of the rounds, 0 for the model without synthetic rows.
    loss : ndarray of shape (n_rounds,)
        Mean held-out loss; NaN where nothing was held out.
    loss_std : ndarray of shape (n_rounds,), default=None
        Standard error of the mean loss. None: no band.
    n_synthetic : ndarray of shape (n_rounds,), default=None
        Made rows asked for in each round. None: no lower picture.
    rate : ndarray of shape (n_rounds,), default=None
        Synthetic rows per real row asked for in each round.
    plain_loss : ndarray of shape (n_rounds,), default=None
        Loss of the user's model as it is, batch by batch. None: the loss of round 0.
    best_iteration : int, default=None
        The round that was kept.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the loss.
    rows_ax_ : matplotlib Axes or None
        The axes of the rows.
    rate_ax_ : matplotlib Axes or None
        The axes of the rate, over those of the rows.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    UncertaintyMapDisplay : Where the rows were made.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.plotting import SynthesisHistoryDisplay
    >>> display = SynthesisHistoryDisplay(
    ...     iteration=np.arange(3), loss=np.array([0.9, 0.7, 0.8]), best_iteration=1
    ... )
    >>> display.plot().ax_.get_ylabel()
    'held-out loss'
    """

    def __init__(self, iteration, loss, *, loss_std=None, n_synthetic=None, rate=None,
                 plain_loss=None, best_iteration=None):  # fmt: skip
        self.iteration = iteration
        self.loss = loss
        self.loss_std = loss_std
        self.n_synthetic = n_synthetic
        self.rate = rate
        self.plain_loss = plain_loss
        self.best_iteration = best_iteration

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Read the history of a fitted estimator and draw it.

        Parameters
        ----------
        estimator : ActiveSynthesisClassifier or ActiveSynthesisRegressor
            Fitted estimator.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : SynthesisHistoryDisplay
            The numbers, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        check_meta_estimator(f"{cls.__name__}.from_estimator", estimator, with_rows=False)
        check_is_fitted(estimator, "history_")
        history = estimator.history_
        return cls(
            iteration=history["iteration"],
            loss=history["loss"],
            loss_std=history.get("loss_std"),
            n_synthetic=history.get("n_synthetic"),
            rate=history.get("rate"),
            plain_loss=history.get("plain_loss"),
            best_iteration=estimator.best_iteration_,
        ).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the history.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; their lower part becomes the axes of the rows. None: a new figure.

        Returns
        -------
        display : SynthesisHistoryDisplay
            This object, with ``ax_``, ``rows_ax_``, ``rate_ax_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        self.rows_ax_ = self.rate_ax_ = None
        if ax is None:
            ax, self.rows_ax_ = self._new_panels()
        elif self.n_synthetic is not None:
            self.rows_ax_ = _split_below(ax)
        self.ax_, self.figure_ = ax, ax.figure
        self._plot_loss(ax)
        lowest = ax
        if self.n_synthetic is not None:
            lowest = self._plot_rows(self.rows_ax_)
            ax.tick_params(labelbottom=False)
        for panel in {ax, lowest}:
            lighten(panel)
            panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            panel.grid(False, axis="x")
            if self.best_iteration in np.asarray(self.iteration):
                panel.axvline(self.best_iteration, color=VERMILION, lw=1, ls=":", zorder=1)
        ax.set_ylabel("held-out loss")
        batches = self.plain_loss is not None
        lowest.set_xlabel("batch" if batches else "round (0 = without synthetic rows)")
        return self

    def _new_panels(self):
        """Axes of the loss and, below, of the rows, if there are any."""
        if self.n_synthetic is None:
            return new_axes((7.2, 4.0)), None
        import matplotlib.pyplot as plt

        return plt.subplots(
            2, figsize=(7.2, 5.0), layout="constrained", sharex=True, height_ratios=[2, 1]
        )[1]

    def _plot_loss(self, ax):
        """Loss with its band, the loss of round 0, the round that was kept."""
        rounds, loss = np.asarray(self.iteration), np.asarray(self.loss, dtype=float)
        if np.isnan(loss).all():
            ax.text(0.5, 0.5, "no row was held out: the rounds were not compared",
                    ha="center", va="center", color=INK, transform=ax.transAxes)  # fmt: skip
            ax.set_yticks([])
            return
        if self.loss_std is not None and not np.isnan(self.loss_std).all():
            ax.fill_between(rounds, loss - self.loss_std, loss + self.loss_std, color=BLUE,
                            alpha=0.15, lw=0, label="± 1 standard error")  # fmt: skip
        plain = loss[:1] if self.plain_loss is None else np.asarray(self.plain_loss)
        if len(plain) == 1:
            ax.axhline(plain[0], color=INK, lw=1, ls="--", label="model as it is")
        else:
            ax.plot(rounds, plain, color=INK, lw=1, ls="--", label="model as it is")
        ax.plot(rounds, loss, color=BLUE, marker="o", ms=5, label="mean", zorder=3)
        best = np.flatnonzero(rounds == self.best_iteration)
        if len(best):
            ax.plot(rounds[best], loss[best], color=VERMILION, marker="*", ms=15, ls="",
                    mec="white", label=f"kept: round {self.best_iteration}", zorder=4)  # fmt: skip
        legend_above(ax)

    def _plot_rows(self, rows_ax):
        """Bars of the rows made in each round, the rate over them; gives their axes."""
        rows_ax.bar(self.iteration, self.n_synthetic, width=0.6, color=PALE)
        rows_ax.set_ylabel("synthetic rows")
        if self.rate is not None:
            self.rate_ax_ = rate_ax = rows_ax.twinx()
            made = np.asarray(self.iteration) > 0
            rate_ax.plot(np.asarray(self.iteration)[made], np.asarray(self.rate)[made],
                         color=GREEN, marker="D", ms=4, lw=1.2)  # fmt: skip
            rate_ax.set_ylim(bottom=0)
            rate_ax.set_ylabel("rate (synthetic per real row)", color=GREEN)
            rate_ax.tick_params(length=0, labelcolor=GREEN)
            rate_ax.spines[:].set_visible(False)
        return rows_ax


def _split_below(ax):
    """The lower part of the user's axes, as axes of their own."""
    from mpl_toolkits.axes_grid1 import make_axes_locatable

    return make_axes_locatable(ax).append_axes("bottom", size="45%", pad=0.3, sharex=ax)
