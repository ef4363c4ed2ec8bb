"""The one door to scikit-learn's private names.

Every other module imports these names from here, so that a release of scikit-learn that
moves one of them is answered in this file alone (a test holds it).
"""

from sklearn.base import _fit_context
from sklearn.ensemble._base import _set_random_states
from sklearn.ensemble._forest import _generate_unsampled_indices
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metadata_routing import (
    _manual_routing,
    _raise_for_params,
    _routing_enabled,
)
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    _num_samples,
)

__all__ = [
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "StrOptions",
    "_check_feature_names",
    "_check_sample_weight",
    "_fit_context",
    "_generate_unsampled_indices",
    "_manual_routing",
    "_num_samples",
    "_raise_for_params",
    "_routing_enabled",
    "_set_random_states",
]
