"""The meta-estimator for values."""

from sklearn.base import RegressorMixin, is_classifier, is_clusterer, is_outlier_detector
from sklearn.ensemble import RandomForestRegressor
from sklearn.utils import get_tags

from sklearn_synda._active_synthesis._meta_estimator import BaseActiveSynthesis
from sklearn_synda._compatibility import refuse_kind
from sklearn_synda._labels import as_values
from sklearn_synda.query import TopKQuery
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty
from sklearn_synda.uncertainty._predictive import states_spread

__all__ = ["ActiveSynthesisRegressor"]


class ActiveSynthesisRegressor(RegressorMixin, BaseActiveSynthesis):
    """Make a regressor better with rows made where it is unsure.

    The model is fitted as it is (round 0). Then, round by round, real rows are chosen as
    anchors, rows are made around them, given a value by a committee of other models, and those
    on which model and committee disagree are learnt from. Held-out real rows judge every round
    in folds of their own; the best round is kept, and round 0 is always in the race. Not for
    targets that are a nearly exact function of the columns: no committee knows them well enough.

    Parameters
    ----------
    estimator : estimator object, default=None
        The user's regressor. None is a random forest. It is cloned, never changed.
    uncertainty : uncertainty estimator, default=None
        Says where the model is unsure. None is
        :class:`~sklearn_synda.uncertainty.PredictiveUncertainty` of the model if it states a
        spread, else :class:`CommitteeUncertainty(n_estimators=5)
        <sklearn_synda.uncertainty.CommitteeUncertainty>` of the model.
    query_strategy : query strategy, default=None
        Chooses the anchors of a round, and the rows of :meth:`query`. None is
        :class:`~sklearn_synda.query.ProportionalQuery` for anchors and
        :class:`~sklearn_synda.query.TopKQuery` for :meth:`query`.
    synthesizer : synthesizer, default=None
        Makes the rows. None is
        :class:`MixingSynthesizer(mixing_rate=0.5, n_neighbors=10)
        <sklearn_synda.synthesis.MixingSynthesizer>`.
    labeler : labeler, default=None
        Labels them. None is :class:`~sklearn_synda.labeling.CommitteeLabeler`.
    integrator : integrator, default=None
        Weighs them. None is
        :class:`WeightedIntegrator(alpha=0.75) <sklearn_synda.integration.WeightedIntegrator>`.
    rate : rate, default=None
        How many rows a round makes. None is
        :class:`FixedRate(2.0, min_rows=150, patience=2) <sklearn_synda.validation.FixedRate>`.
    validation : validation, default=None
        Which real rows judge the rounds. None is
        :class:`~sklearn_synda.validation.CrossValidation`.
    max_iter : int, default=3
        Rounds at most; 0 is the plain estimator.
    missing_label : object, default=nan
        One more value of ``y`` that means "not labelled", beside NaN, None and pd.NA.
    n_jobs : int or None, default=None
        Folds walked at the same time; the result does not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seed. Where it is given, every ``random_state`` left at None inside is set from it.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model of the best round; a clone of the user's, nothing wrapped around it.
    provenance_ : Provenance
        Where every training row comes from, one array a column; ``to_frame()``.
    synthetic_X_, synthetic_y_, synthetic_weight_ : table and ndarrays
        The made rows that ``estimator_`` learnt from, their values and weights.
    history_ : dict of ndarrays
        ``iteration``, ``rate``, ``n_synthetic`` (made rows asked for), ``n_labeled``, ``loss``
        (mean held-out loss), ``loss_std`` (its standard error) by round, round 0 first.
    n_iter_ : int
        Rounds that were run in the race.
    best_iteration_ : int
        The round of ``estimator_``; 0 is the plain model.
    termination_condition_ : str
        "max_iter", "no_change" (the held-out loss stopped falling), "zero_rate", "callback",
        "too_few_rows" (no row could be held out), "failed_fit" (the estimator refused a round's
        rows), or "not_teachable" (no round was run: a warning says why).
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    ActiveSynthesisClassifier : The same for classes.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_synda import ActiveSynthesisRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, train_size=60, random_state=0)
    >>> tree = DecisionTreeRegressor(random_state=0)
    >>> model = ActiveSynthesisRegressor(tree, random_state=0).fit(X, y)
    >>> model.score(X_test, y_test) > tree.fit(X, y).score(X_test, y_test)
    True
    """

    @staticmethod
    def _default_estimator():
        return RandomForestRegressor()

    def _check_estimator(self, estimator):
        other = "ActiveSynthesisClassifier" if is_classifier(estimator) else None
        if other or is_clusterer(estimator) or is_outlier_detector(estimator):
            refuse_kind("ActiveSynthesisRegressor", estimator, "a regressor", other)

    @staticmethod
    def _default_uncertainty(estimator):
        if states_spread(estimator):
            return PredictiveUncertainty(estimator)
        return CommitteeUncertainty(estimator, n_estimators=5)

    @staticmethod
    def _default_synthesizer():
        from sklearn_synda.synthesis import MixingSynthesizer  # a large room: not before it is used

        return MixingSynthesizer(mixing_rate=0.5, n_neighbors=10)

    @staticmethod
    def _default_query():
        return TopKQuery()

    def _encode_targets(self, given, had_missing):
        return None, as_values(given)

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination on rows that have a value.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their values; rows whose value is missing are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
        """
        return super().score(*self._labeled(X, y, sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        estimator = self._user_estimator()
        inner = get_tags(estimator).regressor_tags
        if inner is not None:
            tags.regressor_tags.poor_score = inner.poor_score
        return tags
