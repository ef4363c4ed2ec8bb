"""Query strategies: they look at a pool and name the rows most worth asking about.

``query(pool, batch_size=1, *, random_state=None) -> query_indices``: distinct positions in the
pool, most useful first. Ties are broken at random, never by position.
"""

from sklearn_synda.query._badge import BADGEQuery
from sklearn_synda.query._balanced import BalancedQuery
from sklearn_synda.query._bald import BALDQuery
from sklearn_synda.query._bandit import BanditQuery
from sklearn_synda.query._base import BaseQueryStrategy, BaseUtilityQuery
from sklearn_synda.query._batch_bald import BatchBALDQuery
from sklearn_synda.query._blocks import parquet_blocks, query_blocks
from sklearn_synda.query._cluster import ClusterQuery
from sklearn_synda.query._cluster_margin import ClusterMarginQuery
from sklearn_synda.query._cold_start import cold_start
from sklearn_synda.query._combined import CombinedQuery
from sklearn_synda.query._consensus_entropy import ConsensusEntropyQuery
from sklearn_synda.query._cost import CostQuery
from sklearn_synda.query._density import DensityQuery
from sklearn_synda.query._divergence import DivergenceQuery
from sklearn_synda.query._entropy import EntropyQuery
from sklearn_synda.query._epsilon import EpsilonQuery
from sklearn_synda.query._expected_error_reduction import ExpectedErrorReductionQuery
from sklearn_synda.query._expected_model_change import ExpectedModelChangeQuery
from sklearn_synda.query._greedy import GreedyQuery
from sklearn_synda.query._group_quota import GroupQuotaQuery
from sklearn_synda.query._k_center import KCenterQuery
from sklearn_synda.query._lcmd import LCMDQuery
from sklearn_synda.query._least_confident import LeastConfidentQuery
from sklearn_synda.query._margin import MarginQuery
from sklearn_synda.query._modal import ModALQuery
from sklearn_synda.query._proportional import ProportionalQuery
from sklearn_synda.query._proxy import ProxyQuery
from sklearn_synda.query._random import RandomQuery
from sklearn_synda.query._ranked_batch import RankedBatchQuery
from sklearn_synda.query._scikit_activeml import ScikitActiveMLQuery
from sklearn_synda.query._shortlist import ShortlistQuery
from sklearn_synda.query._stochastic import StochasticQuery
from sklearn_synda.query._top_k import TopKQuery
from sklearn_synda.query._typi_clust import TypiClustQuery
from sklearn_synda.query._variance import VarianceQuery
from sklearn_synda.query._vote_entropy import VoteEntropyQuery

__all__ = [
    "BADGEQuery",
    "BALDQuery",
    "BalancedQuery",
    "BanditQuery",
    "BaseQueryStrategy",
    "BaseUtilityQuery",
    "BatchBALDQuery",
    "ClusterMarginQuery",
    "ClusterQuery",
    "CombinedQuery",
    "ConsensusEntropyQuery",
    "CostQuery",
    "DensityQuery",
    "DivergenceQuery",
    "EntropyQuery",
    "EpsilonQuery",
    "ExpectedErrorReductionQuery",
    "ExpectedModelChangeQuery",
    "GreedyQuery",
    "GroupQuotaQuery",
    "KCenterQuery",
    "LCMDQuery",
    "LeastConfidentQuery",
    "MarginQuery",
    "ModALQuery",
    "ProportionalQuery",
    "ProxyQuery",
    "RandomQuery",
    "RankedBatchQuery",
    "ScikitActiveMLQuery",
    "ShortlistQuery",
    "StochasticQuery",
    "TopKQuery",
    "TypiClustQuery",
    "VarianceQuery",
    "VoteEntropyQuery",
    "cold_start",
    "parquet_blocks",
    "query_blocks",
]
