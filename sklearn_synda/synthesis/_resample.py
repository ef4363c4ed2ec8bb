"""imbalanced-learn's face of a synthesizer: ``fit_resample``."""

from dataclasses import dataclass, field, fields

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils import InputTags, Tags, check_array, check_random_state
from sklearn.utils.multiclass import check_classification_targets

from sklearn_synda._columns import is_dataframe
from sklearn_synda._rows import concatenate_rows
from sklearn_synda._sklearn_compat import _check_feature_names

__all__ = ["ResampleMixin"]


@dataclass(slots=True)
class _SamplerTags:
    sample_indices: bool = False


@dataclass(slots=True)
class _InputTagsOfSampler(InputTags):
    dataframe: bool = True


@dataclass(slots=True)
class _TagsOfSampler(Tags):
    """scikit-learn's tags with those that imbalanced-learn's checks look for."""

    sampler_tags: _SamplerTags = field(default_factory=_SamplerTags)


class ResampleMixin(OneToOneFeatureMixin):
    """``fit_resample(X, y)`` out of ``fit``, ``sample`` and the parameters of a sampler.

    ``sampling_strategy`` is imbalanced-learn's word for which classes get how many rows.
    """

    _sampling_type = "over-sampling"

    def fit_resample(self, X, y):
        """Balance the classes with made rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows.
        y : array-like of shape (n_samples,)
            Class of each row.

        Returns
        -------
        X_resampled : same type as X, of shape (n_samples + n_new, n_features)
            The real rows, then the made ones.
        y_resampled : same type as y, of shape (n_samples + n_new,)
            Their classes; a made row has the class of its anchor.
        """
        from imblearn.utils import check_sampling_strategy, check_target_type

        if self.sampling_strategy is None:
            raise ValueError(
                f"The 'sampling_strategy' parameter of {type(self).__name__} must be a float, a"
                " str, a dict or a callable. Got None instead."
            )
        check_classification_targets(y)
        labels, is_one_vs_all = check_target_type(y, indicate_one_vs_all=True)
        labels = np.asarray(labels).ravel()
        self.sampling_strategy_ = check_sampling_strategy(
            self.sampling_strategy, labels, self._sampling_type
        )
        _check_feature_names(self, X, reset=True)
        table = X
        if not is_dataframe(X):
            table = check_array(X, accept_sparse=True, dtype=None, ensure_all_finite=False)
        classes, codes = np.unique(labels, return_inverse=True)
        self.fit(table, codes)
        rng = check_random_state(self.random_state)
        anchors = self._resampling_anchors(classes, codes, rng)
        X_all, y_all = table, labels
        if len(anchors):
            X_all = concatenate_rows([table, self.sample(anchors, random_state=rng).X])
            y_all = np.concatenate([labels, classes[codes[anchors]]])
        if is_one_vs_all:
            y_all = (y_all[:, None] == classes).astype(np.asarray(y).dtype)
        return X_all.tolist() if isinstance(X, list) else X_all, _like(y, y_all, X_all)

    def _resampling_anchors(self, classes, codes, rng):
        anchors = [
            rng.choice(np.flatnonzero(classes[codes] == label), size=n_rows)
            for label, n_rows in self.sampling_strategy_.items()
        ]
        return np.concatenate(anchors).astype(np.intp) if anchors else np.empty(0, dtype=np.intp)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = _InputTagsOfSampler(**_as_dict(tags.input_tags))
        return _TagsOfSampler(**_as_dict(tags))


def _as_dict(tags):
    return {f.name: getattr(tags, f.name) for f in fields(tags)}


def _like(y, values, X):
    """Target values in the container that ``y`` came in."""
    if isinstance(y, list):
        return values.tolist()
    if hasattr(y, "to_frame") and not hasattr(y, "iloc"):  # polars
        return type(y)(y.name, values, dtype=y.dtype)
    if not hasattr(y, "iloc"):
        return values
    index = X.index if hasattr(X, "index") else None
    if y.ndim == 1:
        return type(y)(values, name=y.name, dtype=y.dtype, index=index)
    return type(y)(values, columns=y.columns, index=index).astype(y.dtypes)
