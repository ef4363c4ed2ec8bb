"""For those who write parts of their own: the values that pass between parts, and checks."""

from sklearn_synda._rows import Pool, Provenance, SyntheticBatch, TrainingSet

__all__ = ["Pool", "Provenance", "SyntheticBatch", "TrainingSet"]
