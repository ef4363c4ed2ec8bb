"""Which rows of a session are worth a label."""

import warnings

import numpy as np
from sklearn.base import clone, is_regressor

from sklearn_synda._active_synthesis import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._columns import encode_table
from sklearn_synda._compatibility import check_part
from sklearn_synda._rows import Pool, row_subset
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.query import TypiClustQuery
from sklearn_synda.query._bandit import check_rewards, rewarded
from sklearn_synda.query._row_values import per_row, priced, prices

__all__ = ["RowRanking"]

_FEW = 50  # labels from which on a model that cannot be fitted or asked is an error


class RowRanking:
    """What of a session ranks rows: by its model, or by the table alone while there is none."""

    def _begin_ranking(self, estimator, query_strategy, costs, sensitive_features):
        """Check what ranks the rows, and keep it."""
        if estimator is not None:
            check_part(type(self), "estimator", estimator, "fit", "predict")
        if query_strategy is not None:
            check_part(type(self), "query_strategy", query_strategy, "query")
        self.estimator, self.query_strategy = estimator, query_strategy
        n_rows = self.X.shape[0]
        self.costs = prices(costs, n_rows, "LabelingSession")
        self.sensitive_features = per_row(
            sensitive_features, "sensitive_features", n_rows, "LabelingSession"
        )
        strategy = self._strategy()
        check_rewards("LabelingSession", strategy, estimator)
        if costs is not None and not hasattr(strategy, "costs"):
            raise ValueError(
                "The 'costs' parameter of LabelingSession must come with a query_strategy that"
                f" reads them, such as CostQuery. Got {strategy!r} instead."
            )
        self._embedding = None
        self._model = self._model_version = None
        self._learned = np.empty(0, dtype=np.intp)
        self._has_warned = False

    def _strategy(self):
        """The strategy given, or the estimator's own."""
        if self.query_strategy is not None:
            return self.query_strategy
        return getattr(self.estimator, "query_strategy", None)

    def _rank(self, free, n):
        """The best ``n`` of the free rows; done outside of any lock."""
        X, people = row_subset(self.X, free), {}
        if self.sensitive_features is not None:
            people = {"sensitive_features": self.sensitive_features[free]}
        try:
            model = self._fitted_model()
            if model is not None:
                if self.costs is not None:
                    model.set_params(query_strategy=priced(self._strategy(), self.costs, free))
                return free[model.query(X, n, **people)]
        except ValueError as error:
            self._go_on_without_model(error)
        if self._embedding is None:
            self._embedding = encode_table(self.X)
        pool = Pool(
            X,
            embedding=lambda: self._embedding[free],
            embedding_labeled=lambda: self._embedding[sorted({a.id for a in self.answers()})],
            sensitive_features=(lambda: people["sensitive_features"]) if people else None,
        )
        strategy = TypiClustQuery()
        if self.query_strategy is not None and self.estimator is None:
            strategy = priced(self.query_strategy, self.costs, free)
        return free[strategy.query(pool, n, random_state=self._rng)]

    def _fitted_model(self):
        """The estimator fitted on the answers so far; None while they cannot teach one."""
        if self.estimator is None:
            return None
        version = self._file.version()
        if version != self._model_version:
            y = self.export()
            labeled = np.flatnonzero(_given(y))
            targets = np.array(y[labeled].tolist())
            self._reward(labeled, targets)
            self._model, self._learned = None, labeled
            if len(set(targets.tolist())) > 1:
                self._model = self._asker().fit(row_subset(self.X, labeled), targets)
            self._model_version = version
        return self._model

    def _reward(self, labeled, targets):
        """Tell a strategy that learns from rewards what the rows since the last fit were worth."""
        new = ~np.isin(labeled, self._learned)
        if self._model is not None and new.any():
            rows = row_subset(self.X, labeled[new])
            self.query_strategy = rewarded(self._strategy(), self._model, rows, targets[new])

    def _go_on_without_model(self, error):
        """Say once that few labels are too few for the model; of many, raise its error."""
        n_labels = len({answer.id for answer in self.answers()})
        is_parameter = isinstance(error, TypeError) or self._is_of_strategy(error)
        if n_labels >= _FEW or is_parameter:
            raise error
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"{type(self.estimator).__name__} cannot be fitted and asked on {n_labels} labels"
                f" ({error}); LabelingSession does without it, and draws typical rows, until it"
                f" can. From {_FEW} labels on this is an error.",
                SynthesisWarning,
                stacklevel=4,
            )

    def _is_of_strategy(self, error):
        """Whether a strategy refuses what it was given: no more labels would help."""
        strategy = self._strategy()
        parts = (
            [strategy, *strategy.get_params().values()] if hasattr(strategy, "get_params") else []
        )
        return any(f"parameter of {type(part).__name__}" in str(error) for part in parts)

    def _asker(self):
        """An unfitted estimator with a ``query``."""
        if hasattr(self.estimator, "query"):
            model = clone(self.estimator)
            if self.query_strategy is not None:
                model.set_params(query_strategy=self.query_strategy)
            return model
        kind = ActiveSynthesisClassifier
        if is_regressor(self.estimator):
            kind = ActiveSynthesisRegressor
        return kind(
            self.estimator, query_strategy=self.query_strategy, max_iter=0,
            random_state=self._rng.randint(2**31 - 1),
        )  # fmt: skip


def _given(y):
    return np.array([label is not None and label == label for label in y], dtype=bool)
