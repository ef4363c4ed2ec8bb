"""Which methods differ at all: Friedman's test over the sets, and Nemenyi's critical difference.

Demsar (2006), https://www.jmlr.org/papers/v7/demsar06a.html. The unit is the set; seeds are
averaged first. A method without a model of its own takes part under every model.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats
from scores import LARGER_IS_BETTER


class Ranking(NamedTuple):
    """Mean ranks of methods, best first."""

    methods: list
    mean_ranks: np.ndarray
    p_friedman: float
    critical_difference: float
    n_sets: int


def rank(table, metric, alpha=0.05):
    """Rank the columns (methods) of a table of sets; None for less than three or ten rows.

    Two methods differ if their mean ranks are apart by more than the critical difference.
    """
    table = table.dropna()
    n, k = table.shape
    if k < 3 or n < 10:
        return None
    values = table.to_numpy() * (-1.0 if metric in LARGER_IS_BETTER else 1.0)
    ranks = stats.rankdata(values, axis=1).mean(axis=0)
    order = ranks.argsort()
    q = stats.studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2)
    return Ranking(
        methods=[table.columns[i] for i in order],
        mean_ranks=ranks[order],
        p_friedman=float(stats.friedmanchisquare(*values.T).pvalue),
        critical_difference=float(q * np.sqrt(k * (k + 1) / (6 * n))),
        n_sets=n,
    )


def cliques(ranking):
    """Runs of methods that cannot be told apart: pairs of first and last position."""
    ranks, found = ranking.mean_ranks, []
    for first in range(len(ranks)):
        last = int(np.flatnonzero(ranks <= ranks[first] + ranking.critical_difference)[-1])
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found
