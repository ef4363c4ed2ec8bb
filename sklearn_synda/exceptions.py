"""Warnings of this package."""

__all__ = ["SampleWeightWarning", "SynthesisWarning"]


class SynthesisWarning(UserWarning):
    """Synthesis could not be done as asked; the sentence says what was done instead."""


class SampleWeightWarning(UserWarning):
    """An estimator takes no ``sample_weight``; its rows are resampled by weight instead."""
