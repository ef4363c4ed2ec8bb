"""Warnings and errors of this package."""

__all__ = [
    "AnnotationWarning",
    "BudgetSpent",
    "EndpointError",
    "NotOffered",
    "SampleWeightWarning",
    "SessionFileError",
    "SynthesisWarning",
]


class BudgetSpent(RuntimeError):
    """An oracle is asked for more than its budget pays for; nothing was asked or spent."""


class EndpointError(RuntimeError):
    """An endpoint refuses what it is asked; an annotator keeps earlier answers in ``labels_``."""


class NotOffered(AttributeError):
    """A pool has no array of this name: the parts in use do not offer it."""


class SessionFileError(OSError):
    """The file of a labelling session cannot be used; nothing of the failed call was stored."""


class AnnotationWarning(UserWarning):
    """An annotator could not ask about all rows; the sentence says why, and who has the rest."""


class SynthesisWarning(UserWarning):
    """Synthesis could not be done as asked; the sentence says what was done instead."""


class SampleWeightWarning(UserWarning):
    """An estimator takes no ``sample_weight``; its rows are resampled by weight instead."""
