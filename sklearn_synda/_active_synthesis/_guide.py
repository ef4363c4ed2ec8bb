"""The doubt a synthesizer aims at."""

from sklearn_synda._rows import own_copy

__all__ = ["Guide"]


class Guide:
    """``guide(X) -> uncertainty``, which also names the fitted part that says it.

    Parameters
    ----------
    find : callable
        Gives that part; called when it is asked for.
    """

    def __init__(self, find):
        self._find = find

    @property
    def uncertainty(self):
        """The fitted part: a synthesizer that wants gradients finds the user's net in it."""
        return self._find()

    def __call__(self, X):
        return self.uncertainty.predict_uncertainty(own_copy(X))
