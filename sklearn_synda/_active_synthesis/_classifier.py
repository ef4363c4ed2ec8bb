"""The meta-estimator for classes."""

from sklearn.base import ClassifierMixin, is_classifier, is_regressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from sklearn_synda._active_synthesis._meta_estimator import BaseActiveSynthesis, offers
from sklearn_synda._compatibility import refuse_kind
from sklearn_synda._labels import as_codes
from sklearn_synda.query import MarginQuery, TopKQuery
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty

__all__ = ["ActiveSynthesisClassifier"]


class ActiveSynthesisClassifier(ClassifierMixin, BaseActiveSynthesis):
    """Make a classifier better with rows made where it is unsure.

    The model is fitted as it is (round 0). Then, round by round, real rows are chosen as
    anchors, rows are made around them, labelled by a committee of other models, and those on
    which model and committee disagree are learnt from. Held-out real rows judge every round in
    folds of their own; the best round is kept, and round 0 is always in the race. Labels are
    few where this helps: with thousands of them, or a model that beats every committee, the
    plain model stands and the time is lost. What is made never replaces a test set of real rows.

    Parameters
    ----------
    estimator : estimator object, default=None
        The user's classifier. None is a random forest. It is cloned, never changed.
    uncertainty : uncertainty estimator, default=None
        Says where the model is unsure. None is
        :class:`~sklearn_synda.uncertainty.PredictiveUncertainty` of the model. If the model has no
        ``predict_proba``, it is :class:`CommitteeUncertainty(measure="vote_entropy",
        n_estimators=5) <sklearn_synda.uncertainty.CommitteeUncertainty>` of the model.
    query_strategy : query strategy, default=None
        Chooses the anchors of a round, and the rows of :meth:`query`. None is
        :class:`~sklearn_synda.query.ProportionalQuery` for anchors and
        :class:`~sklearn_synda.query.MarginQuery` for :meth:`query`.
    synthesizer : synthesizer, default=None
        Makes the rows. None is :class:`~sklearn_synda.synthesis.MixingSynthesizer`.
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
    classes_ : ndarray of shape (n_classes,)
        The classes.
    provenance_ : Provenance
        Where every training row comes from, one array a column; ``to_frame()``.
    synthetic_X_, synthetic_y_, synthetic_weight_ : table and ndarrays
        The made rows that ``estimator_`` learnt from, their labels and weights. One with a soft
        label appears once for each likely class: never learn from them without the weights.
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
    ActiveSynthesisRegressor : The same for values.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_synda import ActiveSynthesisClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, train_size=60, random_state=2)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> model = ActiveSynthesisClassifier(tree, random_state=0).fit(X, y)
    >>> model.score(X_test, y_test) > tree.fit(X, y).score(X_test, y_test)
    True
    >>> model.query(X_test, batch_size=2).shape
    (2,)
    """

    @staticmethod
    def _default_estimator():
        return RandomForestClassifier()

    def _check_estimator(self, estimator):
        if not is_classifier(estimator):
            other = "ActiveSynthesisRegressor" if is_regressor(estimator) else None
            refuse_kind("ActiveSynthesisClassifier", estimator, "a classifier", other)

    @staticmethod
    def _default_uncertainty(estimator):
        if hasattr(estimator, "predict_proba"):
            return PredictiveUncertainty(estimator)
        return CommitteeUncertainty(estimator, measure="vote_entropy", n_estimators=5)

    @staticmethod
    def _default_synthesizer():
        from sklearn_synda.synthesis import MixingSynthesizer  # a large room: not before it is used

        return MixingSynthesizer(mixing_rate=0.3)

    def _default_query(self):
        return MarginQuery() if hasattr(self.estimator_, "predict_proba") else TopKQuery()

    def _encode_targets(self, given, had_missing):
        return as_codes(given, had_missing)

    @available_if(offers("predict_proba"))
    def predict_proba(self, X, **params):
        """Class probabilities of the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        **params : dict
            Arguments of the estimator's method, by metadata routing.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._delegate("predict_proba", X, **params)

    @available_if(offers("predict_log_proba"))
    def predict_log_proba(self, X, **params):
        """Logarithms of the class probabilities of the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        **params : dict
            Arguments of the estimator's method, by metadata routing.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._delegate("predict_log_proba", X, **params)

    @available_if(offers("decision_function"))
    def decision_function(self, X, **params):
        """Decision function of the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        **params : dict
            Arguments of the estimator's method, by metadata routing.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._delegate("decision_function", X, **params)

    def score(self, X, y, sample_weight=None):
        """Mean accuracy on rows that have a label.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes; rows whose class is missing are left out.
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
        inner = get_tags(estimator).classifier_tags
        if inner is not None:
            tags.classifier_tags.multi_class = inner.multi_class
            tags.classifier_tags.poor_score = inner.poor_score
        return tags
