"""Warnings and errors of this package."""

__all__ = ["NotOffered", "SampleWeightWarning", "SynthesisWarning"]


class NotOffered(AttributeError):
    """A pool has no array of this name: the parts in use do not offer it."""


class SynthesisWarning(UserWarning):
    """Synthesis could not be done as asked; the sentence says what was done instead."""


class SampleWeightWarning(UserWarning):
    """An estimator takes no ``sample_weight``; its rows are resampled by weight instead."""
