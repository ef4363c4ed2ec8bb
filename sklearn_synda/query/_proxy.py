"""A cheap model makes a shortlist, the strategy decides on it."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_part, check_response
from sklearn_synda._fitting import fit_estimator, seed_estimator
from sklearn_synda._nets import torch_seed
from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.acquisition import margin_score, variance_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["ProxyQuery"]

_N_MEMBERS = 20  # fits on bootstrap samples by which a proxy of values states its doubt


class ProxyQuery(BaseQueryStrategy):
    """The rows of another strategy, among those of which a cheap model is least certain.

    A proxy is fitted on the labelled rows in the embedding and ranks the whole pool; the
    strategy then sees the ``n_candidates`` rows of which the proxy is least certain, so that the
    user's model predicts for those only. A proxy of classes ranks by
    :func:`~sklearn_synda.acquisition.margin_score`; one of values by the
    :func:`~sklearn_synda.acquisition.variance_score` of 20 fits on bootstrap samples. For a
    model whose predictions are dear, or a strategy that fits it again and again. Not for a model
    that predicts as fast as the proxy; nor where the two err in different places: what the proxy
    takes for certain is never asked.

    Parameters
    ----------
    strategy : query strategy, default=None
        Decides on the shortlist; None for :class:`TopKQuery`. It sees a pool of the shortlist.
    estimator : estimator object, default=None
        The proxy. None is a logistic regression for classes and a tree for values.
    n_candidates : int, default=256
        Rows of the shortlist; the batch, where that is larger.

    Notes
    -----
    Time is that of the proxy on the pool and of the strategy on the shortlist. A pool of no more
    rows than that goes to the strategy as it is.

    References
    ----------
    Coleman et al. (2020), *Selection via Proxy: Efficient Data Selection for Deep Learning*,
    :arxiv:`1906.11829`.

    Examples
    --------
    The model is asked about three rows of a thousand:

    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import MarginQuery, ProxyQuery
    >>> X = np.linspace(-1, 1, 1000)[:, None]
    >>> asked = []
    >>> def predict_proba(rows):
    ...     asked.append(len(rows))
    ...     return np.column_stack([(1 - rows) / 2, (1 + rows) / 2])
    >>> pool = Pool(
    ...     X, of_rows={"proba": predict_proba}, embedding=lambda: X,
    ...     embedding_labeled=lambda: np.array([[-1.0], [1.0]]), y_labeled=np.array([0, 1]),
    ... )
    >>> abs(X[ProxyQuery(MarginQuery(), n_candidates=3).query(pool, random_state=0)]).round(1)
    array([[0.]])
    >>> asked
    [3]
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["query"]), None],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, strategy=None, estimator=None, n_candidates=256):
        self.strategy = strategy
        self.estimator = estimator
        self.n_candidates = n_candidates

    def _choose(self, pool, batch_size, rng):
        strategy = TopKQuery() if self.strategy is None else self.strategy
        check_part(self, "strategy", strategy, "query")
        n_candidates = max(self.n_candidates, batch_size)
        if n_candidates >= len(pool):
            return strategy.query(pool, batch_size, random_state=rng)
        shortlist = np.sort(self._top(self._doubt(pool, rng), n_candidates, rng))
        return shortlist[strategy.query(pool.take(shortlist), batch_size, random_state=rng)]

    def _doubt(self, pool, rng):
        """How unsure the proxy is of each row."""
        points, y = self._read_points(pool), self._read_targets(pool)
        known, weight = self._read_labeled_points(pool, points), pool.sample_weight_labeled
        self._check_known(known, y)
        proxy = seed_estimator(self._proxy(self._has_classes(pool)), rng)
        with torch_seed(proxy, rng):
            return self._ask(proxy, pool, points, known, y, weight, rng)

    def _ask(self, proxy, pool, points, known, y, weight, rng):
        if self._has_classes(pool):
            check_response(self, proxy, "predict_proba", "LogisticRegression()")
            fitted = fit_estimator(proxy, known, y, weight, rng, caller=type(self).__name__)
            return margin_score(fitted.predict_proba(points))
        members = []
        for seed in rng.randint(2**31 - 1, size=_N_MEMBERS):
            bag = check_random_state(seed).randint(len(y), size=len(y))
            own = None if weight is None else weight[bag]
            fitted = fit_estimator(proxy, known[bag], y[bag], own, rng, caller=type(self).__name__)
            members.append(fitted.predict(points))
        return variance_score(np.array(members))

    def _proxy(self, has_classes):
        from sklearn.linear_model import LogisticRegression
        from sklearn.tree import DecisionTreeRegressor

        if self.estimator is not None:
            return self.estimator
        if has_classes:
            return LogisticRegression(max_iter=1000)
        return DecisionTreeRegressor(min_samples_leaf=2)
