"""The rows farthest from what is known, in features, in targets or in both."""

import numpy as np
from sklearn.utils import check_array

from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.acquisition import nearest_distance_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._k_center import random_argmax, squared_distances

__all__ = ["GreedyQuery"]


class GreedyQuery(BaseQueryStrategy):
    """The rows farthest from what is known, in features, in targets or in both (GSx, GSy, iGS).

    Larger :func:`~sklearn_synda.acquisition.nearest_distance_score` to the labelled and chosen
    rows = more worth asking; the target of a row without a label is its prediction. Where
    nothing is labelled it starts with the row closest to the mean. For regression with a few
    labels. Not for noisy targets, whose outliers seem to cover what they do not; nor for
    classification: :class:`KCenterQuery`.

    Parameters
    ----------
    space : {"features", "target", "both"}, default="both"
        What distances are taken in; the product of the two for both. ``pool.embedding`` is read
        for features, ``pool.prediction`` for targets.

    Notes
    -----
    Time is O(n_samples x (n_labeled + batch_size)); memory a few arrays of pool length.

    References
    ----------
    Wu, Lin & Huang (2019), :arxiv:`1808.04245`.

    Examples
    --------
    The model jumps between the second row and the third:

    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import GreedyQuery
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> pool = Pool(
    ...     X, embedding=lambda: X, prediction=lambda: np.array([0.0, 0.0, 9.0, 5.0]),
    ...     embedding_labeled=lambda: np.array([[0.0]]), y_labeled=np.array([1.0]),
    ... )
    >>> [GreedyQuery(space).query(pool).tolist() for space in ("features", "target", "both")]
    [[3], [2], [2]]
    """

    _parameter_constraints: dict = {"space": [StrOptions({"features", "target", "both"})]}

    def __init__(self, space="both"):
        self.space = space

    def _choose(self, pool, batch_size, rng):
        spaces, known = self._read_spaces(pool)
        if all(len(labeled) for labeled in known):
            nearest = nearest_distance_score(spaces, known)
            row = random_argmax(nearest, rng)
        else:
            nearest = np.full(len(pool), np.inf)
            row = random_argmax(-squared_distances(spaces[0], spaces[0].mean(axis=0)), rng)
        chosen = [row]
        while len(chosen) < batch_size:
            new = nearest_distance_score(spaces, [rows[[row]] for rows in spaces])
            np.minimum(nearest, new, out=nearest)
            nearest[row] = -1.0  # below every distance: never chosen twice
            row = random_argmax(nearest, rng)
            chosen.append(row)
        return chosen

    def _read_spaces(self, pool):
        """The rows in each space, and the labelled ones."""
        spaces, known = [], []
        if self.space != "target":
            points = self._read_points(pool)
            spaces.append(points)
            known.append(self._read_labeled_points(pool, points))
        if self.space != "features":
            predicted = self._read(pool, "prediction", "predicted values", "KCenterQuery")
            known_kind = pool.estimator is not None or pool.y_labeled is not None
            if np.asarray(predicted).dtype.kind != "f" and known_kind:  # codes are no values
                self._check_values(self._has_classes(pool))
            labels = [] if pool.y_labeled is None else pool.y_labeled
            spaces.append(self._as_values(predicted, "prediction"))
            known.append(self._as_values(labels, "y_labeled"))
        return spaces, known

    def _check_values(self, has_classes):
        if has_classes:
            raise TypeError(
                f"{type(self).__name__} is not compatible with this pool: it needs predicted"
                " values; its model predicts classes. Use KCenterQuery instead."
            )

    def _as_values(self, values, name):
        values = np.asarray(values)
        self._check_values(values.dtype.kind not in "fiu")
        values = np.atleast_2d(values.T).T  # one column a target
        return check_array(values, dtype=np.float64, ensure_min_samples=0, input_name=name)
