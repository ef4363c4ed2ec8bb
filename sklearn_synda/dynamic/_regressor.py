"""Dynamic training of a regressor."""

from sklearn.base import RegressorMixin, is_regressor

from sklearn_synda._labels import as_values
from sklearn_synda.dynamic._base import BaseDynamicSynthesis

__all__ = ["DynamicSynthesisRegressor"]


class DynamicSynthesisRegressor(RegressorMixin, BaseDynamicSynthesis):
    """Train a regressor step by step with rows made where it is unsure at that moment.

    For anything with ``partial_fit``: skorch nets, ``SGDRegressor``, ``MLPRegressor``. In every
    epoch the real rows are dealt into batches; to each batch come made rows around its rows,
    drawn in proportion to how unsure the learner is of them right then; then it learns
    both in one step. ``n_candidates`` rows around every real row are made and labelled
    each ``refill_every`` epochs, so that a batch costs two predictions and no labelling.

    The same training on real rows alone is the plain learner. Both are run on the same folds;
    held-out real rows choose the epoch to stop at for each, and the plain learner stands unless
    the dynamic one beats it. The winner is then trained on all rows. Not for an estimator
    that is only as good as its ``fit`` (trees, kernels): use
    :class:`~sklearn_synda.ActiveSynthesisRegressor`, which refits. Not where time is short: about
    two trainings a fold, and the labeler's fits.

    Parameters
    ----------
    estimator : estimator object
        The user's regressor with ``partial_fit``; cloned, never changed. A skorch net learns
        a batch in one step: its ``max_epochs``, ``batch_size`` and ``train_split`` are not used,
        and its callbacks see every step as an epoch; those that follow rows it holds out
        ("valid_loss") are left out, with a warning. Its module gives
        one column, and is given one. Targets reach it as they are: scale them with
        :class:`~sklearn.compose.TransformedTargetRegressor`.
    uncertainty : uncertainty estimator, default=None
        Fitted once an epoch on the real rows, with the frozen learner as its ``estimator``, and
        asked in every batch. :class:`~sklearn_synda.uncertainty.PredictiveUncertainty` and
        :class:`~sklearn_synda.uncertainty.MCDropoutUncertainty` use it as it is at that moment;
        all others also train models of their own, which costs and says little of it.
        None is its error on the rows'
        targets, in standard deviations of the target.
    synthesizer : synthesizer, default=None
        Makes the rows. None is :class:`~sklearn_synda.synthesis.MixingSynthesizer`.
    labeler : labeler, default=None
        Labels them; fitted once on the real rows. None is
        :class:`CommitteeLabeler("light") <sklearn_synda.labeling.CommitteeLabeler>`.
    integrator : integrator, default=None
        Weighs the made rows of a batch; an epoch is its round. None is
        :class:`WeightedIntegrator(alpha=0.75) <sklearn_synda.integration.WeightedIntegrator>`.
    rate : rate, default=None
        Made rows per real row of a batch, epoch by epoch, at most ``n_candidates``. None is
        :class:`FixedRate(2.0) <sklearn_synda.validation.FixedRate>`.
    monitor : monitor, default=None
        Refuses made rows that do not look like the real ones; real rows alone are learnt from
        until the next refill. None is
        :class:`~sklearn_synda.validation.SyntheticRowsMonitor`.
    validation : validation, default=None
        Folds, and the gate between plain and dynamic. None is
        :class:`CrossValidation(n_splits=3) <sklearn_synda.validation.CrossValidation>`.
    alpha : float, default=1.0
        Real rows count, or are drawn, in proportion to ``alpha * w + beta / (1 + U)`` with
        their own weight ``w`` and their uncertainty ``U``.
    beta : float, default=0.0
        See ``alpha``.
    batch_size : int, default=32
        Real rows of a step.
    n_candidates : int, default=5
        Made rows around every real row, from which batches draw.
    refill_every : int, default=10
        Epochs after which they are made anew.
    max_iter : int, default=50
        Epochs at most.
    n_iter_no_change : int, default=10
        Epochs without a smaller held-out loss after which training on the folds ends.
    random_state : int, RandomState instance or None, default=None
        Seed, of torch too; its global stream is left alone.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted estimator, nothing wrapped around it.
    is_dynamic_ : bool
        Whether the dynamic training won.
    n_iter_ : int
        Epochs ``estimator_`` was trained for.
    history_ : dict of ndarrays
        By epoch: ``epoch``; ``plain_loss`` and ``loss``, the mean held-out losses of plain and
        dynamic training; of the latter ``rate``, ``made_share`` (share of the weight that made rows
        held), ``uncertainty`` (mean of the real rows, before the epoch), ``coverage`` (last
        report of the monitor) and ``refused`` (share of the folds in which it refused rows). NaN
        where a training had ended.
    termination_condition_ : str
        Why the training that was kept ended on the folds: "max_iter", "no_change", "callback",
        "no_finite_loss"; "too_few_rows" where no row could be held out.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    DynamicSynthesisClassifier : The same for classes.
    sklearn_synda.ActiveSynthesisRegressor : Round by round, for any estimator.

    References
    ----------
    Made rows labelled by better models: Bucila et al. (2006), :doi:`10.1145/1150402.1150464`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import SGDRegressor
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_synda.dynamic import DynamicSynthesisRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, y = scale(X), scale(y)
    >>> model = DynamicSynthesisRegressor(SGDRegressor(), max_iter=5, random_state=0)
    >>> model.fit(X[:80], y[:80]).score(X[80:], y[80:]) > 0.3
    True
    """

    def _encode_targets(self, y):
        if not is_regressor(self.estimator):
            raise TypeError(
                f"DynamicSynthesisRegressor is not compatible with"
                f" {type(self.estimator).__name__}: it needs a regressor. Use"
                " DynamicSynthesisClassifier instead."
            )
        return as_values(y)

    def _n_classes(self):
        return None

    def predict(self, X):
        """Values of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rows = self._encoded(X)
        return self._learner.predict(rows)
