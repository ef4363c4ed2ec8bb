"""Each group of people its share of the labels."""

from numbers import Real

import numpy as np

from sklearn_synda._compatibility import check_part
from sklearn_synda._labels import is_missing
from sklearn_synda._sklearn_compat import HasMethods
from sklearn_synda.exceptions import NotOffered
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import turns
from sklearn_synda.query._row_values import ANCHORS
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["GroupQuotaQuery"]


class GroupQuotaQuery(BaseQueryStrategy):
    """The rows of another strategy, group by group, each group its share of the batch.

    A strategy that asks where the model is unsure may hardly ask about a group, or about nobody
    else. Here each group has its share of the labels, and the strategy chooses within it. Groups
    come first in turn. For labels spent evenly; not a cure of unfair predictions: what the labels
    say, and which rows are in the table at all, weighs more. Measure the gaps of the fitted model.

    Parameters
    ----------
    strategy : query strategy, default=None
        Chooses within a group, from a pool of its rows; None for :class:`TopKQuery`.
    quota : dict of group to float, or "pool", default=None
        Shares of the groups, scaled to sum to one; a group that is not named has none. "pool":
        each group its share of the pool, which keeps the strategy from leaning to one of them.
        None: equal shares.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features) or callable, \
default=None
        The group of each row of the pool, where there are several columns every combination of
        their values; or a function that takes the rows and gives it. None: what was given to the
        ``query`` of the model, ``pool.sensitive_features``. A meta-estimator that makes rows needs
        a function: its strategy chooses anchors among other rows, too.

    Notes
    -----
    Shares of a batch that are no whole numbers are rounded up or down at random such that the
    mean over batches is the quota, also for batches of one row. Where a group has fewer rows left
    than its share, the other groups of the quota get the rest, then those that have none.

    References
    ----------
    Group-wise sampling as in Abernethy et al. (2022), *Active Sampling for Min-Max Fairness*,
    :arxiv:`2006.06879`, with shares that are given instead of learnt.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import GroupQuotaQuery
    >>> pool = Pool(np.zeros((5, 1)), utilities=lambda: np.array([0.9, 0.8, 0.7, 0.2, 0.1]))
    >>> strategy = GroupQuotaQuery(sensitive_features=["a", "a", "a", "b", "b"])
    >>> np.sort(strategy.query(pool, batch_size=4, random_state=0))
    array([0, 1, 3, 4])
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["query"]), None],
        "quota": [dict, str, None],
        "sensitive_features": ["array-like", callable, None],
    }

    def __init__(self, strategy=None, quota=None, sensitive_features=None):
        self.strategy = strategy
        self.quota = quota
        self.sensitive_features = sensitive_features

    def _choose(self, pool, batch_size, rng):
        strategy = TopKQuery() if self.strategy is None else self.strategy
        check_part(self, "strategy", strategy, "query")
        self._refuse_budget(strategy)
        names, group = self._groups_of(pool)
        sizes = np.bincount(group, minlength=len(names))
        seats = _seats(self._shares(names, sizes), sizes, batch_size, rng)
        chosen = []
        for k in np.flatnonzero(seats):
            rows = np.flatnonzero(group == k)
            chosen.append(rows[strategy.query(pool.take(rows), int(seats[k]), random_state=rng)])
        chosen = np.concatenate(chosen)
        turn = turns(group[chosen])
        return chosen[np.lexsort([rng.random_sample(len(chosen)), turn])]

    def _groups_of(self, pool):
        """The groups, and the position of each row's group among them."""
        given = self.sensitive_features
        if given is None:
            try:
                given = pool.sensitive_features
            except NotOffered as error:
                raise TypeError(
                    "GroupQuotaQuery is not compatible with this pool: it needs the group of each"
                    " row; none were given. Use its 'sensitive_features' parameter, or that of the"
                    f" query of the model, instead; {ANCHORS}."
                ) from error
        remedy = "give a group for each row" if callable(given) else ANCHORS
        given = np.asarray(given(pool.X) if callable(given) else given, dtype=object)
        missing = any(map(is_missing, given.ravel()))
        if given.ndim not in (1, 2) or len(given) != len(pool) or missing:
            got = f"an array of shape {given.shape}"
            if given.ndim in (1, 2) and len(given) == len(pool):
                got, remedy = "missing values", "name a group of their own for these rows"
            raise ValueError(
                "The 'sensitive_features' parameter of GroupQuotaQuery must hold a group for each"
                f" of the {len(pool)} rows of the pool. Got {got} instead: {remedy}."
            )
        keys = [tuple(row) for row in given] if given.ndim == 2 else list(given)
        names = list(dict.fromkeys(keys))
        position = {name: k for k, name in enumerate(names)}
        return names, np.array([position[key] for key in keys])

    def _shares(self, names, sizes):
        if self.quota is None:
            return np.ones(len(names)) / len(names)
        if isinstance(self.quota, str):
            shares, legal = sizes.astype(float), self.quota == "pool"
        else:
            shares = list(self.quota.values())
            legal = all(isinstance(v, Real) and 0 <= v < np.inf for v in shares)
            shares = np.array([self.quota.get(name, 0.0) if legal else 0.0 for name in names])
        if not legal or shares.sum() <= 0:
            raise ValueError(
                "The 'quota' parameter of GroupQuotaQuery must be 'pool', or a dict of shares,"
                " none negative, one above zero for a group of the pool"
                f" ({', '.join(map(repr, names[:5]))}). Got {self.quota!r} instead."
            )
        return shares / shares.sum()


def _seats(shares, sizes, n_seats, rng):
    """Rows of each group: whole numbers that sum to ``n_seats``, none above the group's size."""
    seats = np.zeros(len(sizes), dtype=np.intp)
    while (left := n_seats - seats.sum()) > 0:
        room = sizes - seats
        now = np.where(room > 0, shares, 0.0)
        if now.sum() == 0:  # groups with a share are used up: the others, by their rows
            now = room.astype(float)
        edges = np.concatenate([[0.0], np.cumsum(now / now.sum() * left)])
        edges[-1] = left
        drawn = np.diff(np.floor(edges + rng.random_sample()).astype(np.intp))
        seats += np.minimum(drawn, room)
    return seats
