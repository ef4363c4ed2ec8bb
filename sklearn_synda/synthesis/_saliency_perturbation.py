"""Perturbation of the features that keep a row certain, the way that makes it less so."""

from numbers import Integral

import numpy as np

from sklearn_synda._sklearn_compat import Interval, StrOptions
from sklearn_synda.attribution._cells import ask_in_blocks
from sklearn_synda.attribution._gradient import linear_change
from sklearn_synda.attribution._occlusion import occlude
from sklearn_synda.attribution._shapley import walk
from sklearn_synda.synthesis._perturbation import PerturbationSynthesizer

__all__ = ["SaliencyPerturbationSynthesizer"]


class SaliencyPerturbationSynthesizer(PerturbationSynthesizer):
    r"""An anchor with the features moved that make it less certain, the way that does.

    With a ``guide`` :math:`U`, each number of an anchor :math:`x` is moved one step up and one
    down, and each category to that of another row. What this brings is the feature's saliency,

    .. math:: s_j = \max\big(0, \max_{\pm} U(x \pm \sigma \, d_j e_j) - U(x)\big)

    with the ``scale`` :math:`\sigma`, the standard deviation :math:`d_j` of the column and the
    unit vector :math:`e_j`. Features to move are drawn with probability proportional to it, and
    numbers move the better way, by the absolute value of Gaussian noise. Made rows go where the
    model is unsure and often over its boundary: pair this with a labeler that relabels, such as
    :class:`~sklearn_synda.labeling.CommitteeLabeler`, never with inherited labels. Without a
    guide all features are equal. Not for wide sparse tables.

    Parameters
    ----------
    saliency : {"step", "gradient", "occlusion", "shapley"}, default="step"
        What chooses the features. "gradient" is "step" to first order, by the gradients of a
        skorch classifier (bare, or last in a pipeline) whose
        :class:`~sklearn_synda.uncertainty.PredictiveUncertainty` is the guide: one pass of the
        anchors through the net, where "step" has two for each feature. "occlusion" and "shapley"
        (:mod:`sklearn_synda.attribution`) look for the features whose values keep the anchor
        certain, without a direction: numbers move either way. They were measured to bring
        little more than features at random.
    n_repeats : int, default=4
        Rows each anchor is compared with, for "occlusion" and "shapley".
    scale : float, default=0.3
        Standard deviation of the noise, in standard deviations of the column.
    n_features_moved : float, default=0.3
        Share of the features that move; at least one does.
    n_candidates : int, default=1
        Rows made for each anchor, of which the most uncertain is kept (with a ``guide``).
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    See Also
    --------
    PerturbationSynthesizer : Features that matter, moved either way.

    Notes
    -----
    The guide is asked of 20,000 rows at most to find the saliency; anchors beyond that have the
    mean saliency of the others, and no direction.

    References
    ----------
    Lundberg & Lee (2017), :arxiv:`1705.07874`. Zeiler & Fergus (2014), :arxiv:`1311.2901`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis import SaliencyPerturbationSynthesizer
    >>> X, y = np.array([[0.1, 0.0], [1.0, 9.0], [2.3, 3.5]]), np.array([0, 0, 1])
    >>> unsure_by_first = lambda X: -np.abs(X[:, 0] - 1)
    >>> maker = SaliencyPerturbationSynthesizer().fit(X, y)
    >>> maker.sample([0, 2], guide=unsure_by_first, random_state=0).X.round(2).tolist()
    [[0.12, 0.0], [2.0, 3.5]]
    """

    _parameter_constraints: dict = {
        **PerturbationSynthesizer._parameter_constraints,
        "saliency": [StrOptions({"step", "gradient", "occlusion", "shapley"})],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
    }
    _n_asked = 20_000

    def __init__(self, *, saliency="step", n_repeats=4, scale=0.3, n_features_moved=0.3,
                 n_candidates=1, sampling_strategy="auto", random_state=None):  # fmt: skip
        super().__init__(
            scale=scale, n_features_moved=n_features_moved, n_candidates=n_candidates,
            sampling_strategy=sampling_strategy, random_state=random_state,
        )  # fmt: skip
        self.saliency = saliency
        self.n_repeats = n_repeats

    def _asked_by_row(self):
        is_directed = self.saliency in ("step", "gradient")
        return self.n_features_in_ * (2 if is_directed else self.n_repeats)

    def _attribute(self, guide, cells, rng):
        if self.saliency == "gradient":
            return self._step(self._slope_gain(guide, cells), cells, rng)
        ask = self._asking(guide)
        if self.saliency == "step":
            before = ask_in_blocks(ask, cells)
            return self._step(
                lambda moved, rows: ask_in_blocks(ask, moved) - before[rows], cells, rng
            )
        if self.saliency == "shapley":
            draws = np.random.default_rng(rng.randint(2**31 - 1))
            held_up = walk(ask, cells, self.cells_, self.n_repeats, draws)
        else:
            drawn = [occlude(ask, cells, self.cells_, rng) for _ in range(self.n_repeats)]
            held_up = np.mean(drawn, axis=0)
        return np.maximum(-held_up, 0), None

    def _slope_gain(self, guide, cells):
        """What moves bring, by the gradients of the net behind a guide."""
        speaks = getattr(guide, "uncertainty", getattr(guide, "__self__", guide))
        table, caller = self.columns_.to_table, f"{type(self).__name__}(saliency='gradient')"
        change = linear_change(speaks, table(cells), caller, "saliency='step'")
        return lambda moved, rows: change(table(moved), rows)

    def _step(self, gain, cells, rng):
        """What one step of each feature brings, and the cells after the better of two."""
        n_rows, n_features = cells.shape
        is_name = self.columns_.is_categorical
        others = self.cells_[rng.randint(len(self.cells_), size=cells.shape), np.arange(n_features)]
        diagonal, rows = np.arange(n_features), np.repeat(np.arange(n_rows), n_features)
        gains, ends = [], []
        for way in (1, -1):
            moved = cells[rows].reshape(n_rows, n_features, n_features)
            end = np.where(is_name, others, cells + way * self.scale * self.spread_)
            moved[:, diagonal, diagonal] = end
            moved = self.columns_.legal(moved.reshape(-1, n_features))
            gains.append(gain(moved, rows).reshape(cells.shape))
            ends.append(moved.reshape(n_rows, n_features, n_features)[:, diagonal, diagonal])
        best = np.maximum(*gains)
        towards = np.where(gains[0] >= gains[1], *ends)
        return np.maximum(best, 0), np.where(best > 0, towards, cells)
