"""Measures of made rows against real ones, and of predictions; arrays only, no part in sight."""

from sklearn_synda.metrics._calibration import (
    crps_gaussian,
    expected_calibration_error,
    interval_coverage,
    negative_log_likelihood,
)
from sklearn_synda.metrics._coverage import coverage_score, density_score
from sklearn_synda.metrics._fairness import (
    demographic_parity_gap,
    equalized_odds_gap,
    predictive_parity_gap,
)
from sklearn_synda.metrics._privacy import (
    closer_share,
    distance_to_closest_record,
    duplicate_share,
    nearest_distance_ratio,
)
from sklearn_synda.metrics._two_sample import c2st_score, mmd_score

__all__ = [
    "c2st_score",
    "closer_share",
    "coverage_score",
    "crps_gaussian",
    "demographic_parity_gap",
    "density_score",
    "distance_to_closest_record",
    "duplicate_share",
    "equalized_odds_gap",
    "expected_calibration_error",
    "interval_coverage",
    "mmd_score",
    "nearest_distance_ratio",
    "negative_log_likelihood",
    "predictive_parity_gap",
]
