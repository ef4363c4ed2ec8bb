"""Whether a model is a classifier or a regressor, said by itself."""

from sklearn.base import is_classifier, is_regressor

from sklearn_synda.labeling import CommitteeLabeler

__all__ = ["check_kind"]


def check_kind(estimator, caller):
    """Raise where a model has classes and is no classifier: it would be taken for a regressor."""
    has_classes = getattr(estimator, "classes_", None) is not None
    if not has_classes or is_classifier(estimator) or is_regressor(estimator):
        return
    name = type(estimator).__name__
    is_ours = isinstance(estimator, CommitteeLabeler)
    instead = "CommitteeClassifier" if is_ours else "a subclass of scikit-learn's ClassifierMixin"
    raise TypeError(
        f"{caller} is not compatible with {name}: it needs a classifier or a regressor; {name} has"
        f" classes and is neither. Use {instead} instead."
    )
