"""Query strategies: they look at a pool and name the rows most worth asking about.

``query(pool, batch_size=1, *, random_state=None) -> query_indices``: distinct positions in the
pool, most useful first. Ties are broken at random, never by position.
"""

from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import ClusterQuery
from sklearn_synda.query._density import DensityQuery
from sklearn_synda.query._entropy import EntropyQuery
from sklearn_synda.query._k_center import KCenterQuery
from sklearn_synda.query._margin import MarginQuery
from sklearn_synda.query._modal import ModALQuery
from sklearn_synda.query._proportional import ProportionalQuery
from sklearn_synda.query._random import RandomQuery
from sklearn_synda.query._top_k import TopKQuery

__all__ = [
    "BaseQueryStrategy",
    "ClusterQuery",
    "DensityQuery",
    "EntropyQuery",
    "KCenterQuery",
    "MarginQuery",
    "ModALQuery",
    "ProportionalQuery",
    "RandomQuery",
    "TopKQuery",
]
