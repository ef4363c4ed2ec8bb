"""Acquisition scores: predictions in, usefulness out; arrays only, no estimator in sight.

Larger is always less certain, hence more worth asking.
"""

from sklearn_synda.acquisition._classification import (
    entropy_score,
    least_confident_score,
    margin_score,
)
from sklearn_synda.acquisition._combined import combined_score
from sklearn_synda.acquisition._committee import (
    conditional_information_score,
    consensus_entropy_score,
    divergence_score,
    mutual_information_score,
    variance_score,
    vote_entropy_score,
)
from sklearn_synda.acquisition._diversity import (
    gradient_distance,
    gradient_norm_score,
    ranked_batch_score,
    stochastic_score,
    typicality_score,
)
from sklearn_synda.acquisition._expected import (
    expected_error_score,
    expected_gradient_length_score,
    expected_model_change_score,
)
from sklearn_synda.acquisition._regression import nearest_distance_score

__all__ = [
    "combined_score",
    "conditional_information_score",
    "consensus_entropy_score",
    "divergence_score",
    "entropy_score",
    "expected_error_score",
    "expected_gradient_length_score",
    "expected_model_change_score",
    "gradient_distance",
    "gradient_norm_score",
    "least_confident_score",
    "margin_score",
    "mutual_information_score",
    "nearest_distance_score",
    "ranked_batch_score",
    "stochastic_score",
    "typicality_score",
    "variance_score",
    "vote_entropy_score",
]
