"""A bandit that learns which strategy pays."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import is_classifier

from sklearn_synda._compatibility import check_part
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._random import RandomQuery
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["BanditQuery", "check_rewards", "rewarded"]


class BanditQuery(BaseQueryStrategy):
    r"""The rows of one of several strategies, drawn by what they have paid so far (EXP3).

    Each round one strategy, an arm, names the whole batch. When the labels are there you say what
    they were worth, a reward in [0, 1], and the next round draws by

    .. math:: p_k = (1 - \gamma) \frac{w_k}{\sum_j w_j} + \frac{\gamma}{K}, \qquad
        w_k = \exp\left(\frac{\gamma}{K} \sum_{t:\, k_t = k} \frac{r_t}{p_{k,t}}\right)

    with :math:`\gamma` the ``exploration``, :math:`K` the number of strategies, :math:`r_t` the
    reward and :math:`k_t` the arm of round :math:`t`. Larger :math:`p_k` = drawn more often. For
    long labelling, when nobody knows which strategy suits the table. Not for a few rounds, which
    are too few to learn from; nor without a reward that says what you want.

    Parameters
    ----------
    strategies : list of query strategies, default=None
        The arms; None for :class:`TopKQuery` and :class:`RandomQuery`. Keep a random one among
        them: it guards against all others failing.
    rewards : array-like of shape (n_rounds,), default=()
        What the rounds so far have paid, each in [0, 1]. :meth:`update` adds one.
    exploration : float, default=0.1
        Share of the draws that are by chance, in (0, 1]; also the speed of learning.
    random_state : int, default=0
        Seed of the arms.

    Attributes
    ----------
    arm : int
        Position of the strategy whose turn it is.
    chances : ndarray of shape (n_strategies,)
        With which chance each strategy was drawn for this round.

    Notes
    -----
    Simulations (:func:`~sklearn_synda.model_selection.budget_curve`) and a
    :class:`~sklearn_synda.active_learning.LabelingSession` give the reward themselves, that of
    a classifier: the share of the rows labelled since its last fit that it gets wrong. It needs
    no other labels, but pays for noise.

    Nothing is remembered but the parameters: ``rewards`` and ``random_state`` give all arms and
    chances again, in every process and after a clone. Keep the others as they are meanwhile.
    The arm of a round does not change until its reward is given, however often it is queried.

    References
    ----------
    Auer, Cesa-Bianchi, Freund & Schapire (2002), :doi:`10.1137/S0097539701398375`; for active
    learning Baram, El-Yaniv & Luz (2004), *Online Choice of Active Learning Algorithms*, JMLR 5,
    and Hsu & Lin (2015), *Active Learning by Learning*, AAAI, who reward by importance-weighted
    accuracy.

    Examples
    --------
    >>> from sklearn_synda.query import BanditQuery, MarginQuery, RandomQuery
    >>> bandit = BanditQuery([MarginQuery(), RandomQuery()], exploration=0.5)
    >>> bandit.arm, bandit.chances
    (1, array([0.5, 0.5]))
    >>> bandit = bandit.update(1.0)
    >>> bandit.rewards, bandit.chances.round(2)
    ((1.0,), array([0.44, 0.56]))
    """

    _parameter_constraints: dict = {
        "strategies": [list, tuple, None],
        "rewards": ["array-like"],
        "exploration": [Interval(Real, 0, 1, closed="right")],
        "random_state": [Interval(Integral, 0, 2**32 - 1, closed="both")],
    }

    def __init__(self, strategies=None, rewards=(), exploration=0.1, random_state=0):
        self.strategies = strategies
        self.rewards = rewards
        self.exploration = exploration
        self.random_state = random_state

    @property
    def arm(self):
        """Position of the strategy whose turn it is."""
        return self._replay()[0]

    @property
    def chances(self):
        """With which chance each strategy was drawn for this round."""
        return self._replay()[1]

    def update(self, reward):
        """The bandit of the next round.

        Parameters
        ----------
        reward : float
            What the labels of this round were worth, in [0, 1]: larger = better.

        Returns
        -------
        bandit : BanditQuery
            A new one, with the reward added; this one is left as it is.
        """
        bandit = type(self)(**self.get_params(deep=False))
        bandit.rewards = (*self.rewards, reward)
        bandit._replay()
        return bandit

    def _choose(self, pool, batch_size, rng):
        strategy = self._arms()[self.arm]
        check_part(self, "strategies", strategy, "query")
        return strategy.query(pool, batch_size, random_state=rng)

    def _arms(self):
        return [TopKQuery(), RandomQuery()] if self.strategies is None else self.strategies

    def _replay(self):
        """The arm of this round and the chances it was drawn by, from all rewards before it."""
        self._validate_params()
        n_arms, rewards = len(self._arms()), self._check_rewards()
        if n_arms == 0:
            raise ValueError(
                f"The 'strategies' parameter of {type(self).__name__} must be at least one query"
                " strategy. Got none instead."
            )
        rng, gain = np.random.RandomState(self.random_state), np.zeros(n_arms)
        for reward in [*rewards, None]:
            weight = np.exp(gain - gain.max())
            chances = (1 - self.exploration) * weight / weight.sum() + self.exploration / n_arms
            arm = int(rng.choice(n_arms, p=chances))
            if reward is not None:
                gain[arm] += self.exploration * reward / (n_arms * chances[arm])
        return arm, chances

    def _check_rewards(self):
        rewards = np.asarray(self.rewards, dtype=np.float64)
        if rewards.ndim != 1 or not np.all((rewards >= 0) & (rewards <= 1)):
            raise ValueError(
                f"The 'rewards' parameter of {type(self).__name__} must be numbers in [0, 1], one a"
                f" round. Got {self.rewards!r} instead."
            )
        return rewards


def check_rewards(caller, strategy, estimator):
    """Raise for a strategy that learns from rewards where there are none."""
    if hasattr(strategy, "update") and (estimator is None or not is_classifier(estimator)):
        raise TypeError(
            f"{type(strategy).__name__} is not compatible with {caller} without a classifier: its"
            " reward is the share of the asked rows that the model got wrong, and values are not"
            " right or wrong. Use one of its strategies instead."
        )


def rewarded(strategy, model, X, y):
    """The strategy of the next round, told what the rows were worth, before the model learns them.

    Any that does not learn from rewards is left as it is.
    """
    if not hasattr(strategy, "update"):
        return strategy
    return strategy.update(float(np.mean(np.asarray(model.predict(X)) != y)))
