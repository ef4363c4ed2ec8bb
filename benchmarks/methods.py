"""What is compared: each method takes an untrained model and rows, and returns it trained.

``method(model, X, y, X_unlabeled, seed)``; only methods named ``*_pool`` look at
``X_unlabeled``. A method that adds rows says how many in ``n_synthetic_``.
"""

from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from errors import CannotSplit
from sklearn.base import clone
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.utils.class_weight import compute_sample_weight

COPIES = 10
POOL_ROWS = 5  # unlabelled rows given per labelled row, at most
FACTORS = ("uncertain", "disputed", "weighted")
CHANGES = (
    *("uncertainty_entropy", "uncertainty_committee", "anchors_random", "anchors_margin"),
    *("synthesizer_smote", "synthesizer_perturbation", "synthesizer_saliency"),
    *("labeler_one_candidate", "labeler_propagation", "labeler_pseudo"),
    *("integrator_curriculum", "integrator_uncertainty", "rate_0.5", "rate_5", "rate_adaptive"),
    *("rounds_1", "rounds_6", "validation_holdout", "validation_2_folds"),
)
DOSES = (0.1, 0.25, 0.5, 1, 2, 5, 10)  # made rows per labelled row


def alone(model, X, y, X_unlabeled, seed):
    """The user's model, on the labelled rows."""
    return clone(model).fit(X, y)


def full(model, X, y, X_unlabeled, seed):
    """The ceiling: the user's model when all training rows are labelled (size "all")."""
    return clone(model).fit(X, y)


def active_synthesis(model, X, y, X_unlabeled, seed):
    """The public defaults."""
    return _meta_estimator(model, y, seed).fit(X, y)


def active_synthesis_light(model, X, y, X_unlabeled, seed):
    """The lighter choice of the user guide: a small committee, two folds, one round."""
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.validation import CrossValidation

    parts = {"labeler": CommitteeLabeler("light"), "validation": CrossValidation(n_splits=2)}
    return _meta_estimator(model, y, seed, max_iter=1, **parts).fit(X, y)


def untargeted(model, X, y, X_unlabeled, seed):
    """The defaults, but anchors drawn at random and every row kept that is made."""
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.query import RandomQuery

    parts = {"query_strategy": RandomQuery(), "labeler": CommitteeLabeler(n_candidates=1)}
    return _meta_estimator(model, y, seed, **parts).fit(X, y)


def unit_weight(model, X, y, X_unlabeled, seed):
    """The defaults, but a made row counts as much as a real one."""
    from sklearn_synda.integration import ConcatenationIntegrator

    return _meta_estimator(model, y, seed, integrator=ConcatenationIntegrator()).fit(X, y)


def inherited_labels(model, X, y, X_unlabeled, seed):
    """The defaults, but rows are mixed within a class and inherit it."""
    from sklearn_synda.labeling import InheritLabeler
    from sklearn_synda.synthesis import MixingSynthesizer

    parts = {"labeler": InheritLabeler(), "synthesizer": MixingSynthesizer(partner="same_class")}
    return _meta_estimator(model, y, seed, **parts).fit(X, y)


def ungated(model, X, y, X_unlabeled, seed):
    """The defaults, but the last round is kept whatever it is worth."""
    from sklearn_synda.validation import NoValidation

    return _meta_estimator(model, y, seed, validation=NoValidation()).fit(X, y)


def munge(model, X, y, X_unlabeled, seed):
    """Distillation as it is known: rows mixed with their nearest neighbour, no aim, no gate."""
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.synthesis import MixingSynthesizer
    from sklearn_synda.validation import FixedRate, NoValidation

    parts = {
        "synthesizer": MixingSynthesizer(mixing_rate=0.5, n_neighbors=1),
        "labeler": CommitteeLabeler(n_candidates=1),
        "rate": FixedRate(10.0),
        "validation": NoValidation(),
    }
    return _meta_estimator(model, y, seed, max_iter=1, **parts).fit(X, y)


def noise_rows(model, X, y, X_unlabeled, seed):
    """A negative control: the columns know nothing of one another, the labels nothing of them."""
    from controls import NoiseSynthesizer, ShuffledLabeler

    parts = {"labeler": ShuffledLabeler(), "synthesizer": NoiseSynthesizer()}
    return _meta_estimator(model, y, seed, **parts).fit(X, y)


def dose(model, X, y, X_unlabeled, seed, *, rows, targeted):
    """So many made rows per labelled row, and no gate.

    Targeted: in four rounds, anchors by uncertainty, and of five labelled candidates the one on
    which the model of the last round and the committee disagree most. Else: at random, at once.
    """
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.query import RandomQuery
    from sklearn_synda.validation import FixedRate, NoValidation

    n_rounds = 4 if targeted else 1
    parts = {
        "labeler": CommitteeLabeler(n_candidates=5 if targeted else 1),
        "query_strategy": None if targeted else RandomQuery(),
        "rate": FixedRate(rows / n_rounds),
        "validation": NoValidation(),
    }
    return _meta_estimator(model, y, seed, max_iter=n_rounds, **parts).fit(X, y)


def factors(model, X, y, X_unlabeled, seed, *, uncertain, disputed, weighted):
    """The recipe taken apart, without a gate: three choices, each made or not.

    Anchors drawn by uncertainty, or at random; of three labelled candidates the most disputed
    one, or every row that is made; made rows three quarters of the weight, or a row one.
    """
    from sklearn_synda.integration import ConcatenationIntegrator
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.query import RandomQuery
    from sklearn_synda.validation import NoValidation

    parts = {
        "query_strategy": None if uncertain else RandomQuery(),
        "labeler": CommitteeLabeler(n_candidates=3 if disputed else 1),
        "integrator": None if weighted else ConcatenationIntegrator(),
        "validation": NoValidation(),
    }
    return _meta_estimator(model, y, seed, **parts).fit(X, y)


def changed(model, X, y, X_unlabeled, seed, *, part):
    """The defaults with one part changed; the rest stays."""
    from ablation import changed_part

    return _meta_estimator(model, y, seed, **changed_part(part)).fit(X, y)


def shuffled_labels(model, X, y, X_unlabeled, seed):
    """A negative control: labels dealt out at random among the made rows. The gate must refuse."""
    from controls import ShuffledLabeler

    return _meta_estimator(model, y, seed, labeler=ShuffledLabeler()).fit(X, y)


def balanced_weight(model, X, y, X_unlabeled, seed):
    """Every class holds the same total weight."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if getattr(last, "class_weight", None) is not None:
        raise CannotSplit("the model balances the classes by itself: they would be balanced twice")
    name = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
    return clone(model).fit(X, y, **{name: compute_sample_weight("balanced", y)})


def tuned_threshold(model, X, y, X_unlabeled, seed, *, f1=False):
    """The threshold best for balanced accuracy, or F1 of the rarer class, out of fold."""
    if len(np.unique(y)) > 2:
        raise CannotSplit("more than two classes have no threshold")
    rarer_f1 = make_scorer(f1_score, pos_label=int(np.bincount(y).argmin()), zero_division=0.0)
    tuned = TunedThresholdClassifierCV(
        model, scoring=rarer_f1 if f1 else "balanced_accuracy",
        cv=min(5, np.bincount(y).min()), random_state=seed,
    )  # fmt: skip
    return tuned.fit(X, y)


def self_training_pool(model, X, y, X_unlabeled, seed):
    """The model labels the unlabelled rows it is sure of, and learns them; nothing is made."""
    from sklearn_synda.integration import ConcatenationIntegrator
    from sklearn_synda.labeling import PseudoLabeler
    from sklearn_synda.validation import FixedRate, NoValidation

    parts = {
        "labeler": PseudoLabeler(threshold=0.75),
        "integrator": ConcatenationIntegrator(),
        "rate": FixedRate(0),
        "validation": NoValidation(),
    }
    fitted = _meta_estimator(model, y, seed, max_iter=1, **parts)
    return fitted.fit(*_with_pool(X, y, X_unlabeled, seed))


def active_synthesis_pool(model, X, y, X_unlabeled, seed):
    """The public defaults, with unlabelled rows beside the labelled ones."""
    return _meta_estimator(model, y, seed).fit(*_with_pool(X, y, X_unlabeled, seed))


def _with_pool(X, y, X_unlabeled, seed):
    n = min(len(X_unlabeled), POOL_ROWS * len(X))
    X_unlabeled = X_unlabeled.sample(n=n, random_state=seed)
    X_all = pd.concat([X, X_unlabeled], ignore_index=True).astype(X.dtypes.to_dict())
    return X_all, np.concatenate([y.astype(float), np.full(n, np.nan)])


def _meta_estimator(model, y, seed, **parts):
    from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor

    kind = ActiveSynthesisRegressor if y.dtype.kind == "f" else ActiveSynthesisClassifier
    return kind(model, random_state=seed, **parts)


def duplicates(model, X, y, X_unlabeled, seed):
    """Every row ten times: whatever this gains, no new row is needed for."""
    X_many = pd.concat([X] * COPIES, ignore_index=True)
    return _fit_counting(model, X_many, np.tile(y, COPIES), len(y))


def oversampling(model, X, y, X_unlabeled, seed):
    """Rows of the smaller classes repeated at random."""
    from imblearn.over_sampling import RandomOverSampler

    X_more, y_more = RandomOverSampler(random_state=seed).fit_resample(X, y)
    return _fit_counting(model, X_more, y_more, len(y))


def smote(model, X, y, X_unlabeled, seed):
    """SMOTE of the kind that the columns need, with as many neighbours as the classes allow."""
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    fill = _fill_values(X)
    X = X.fillna(fill)
    categorical = (X.dtypes == "category").to_numpy()
    k = min(5, np.bincount(y).min() - 1)
    common = {"k_neighbors": k, "random_state": seed}
    if categorical.all():
        sampler = SMOTEN(**common)
    elif categorical.any():
        sampler = SMOTENC("auto", **common)
    else:
        sampler = SMOTE(**common)
    X_more, y_more = sampler.fit_resample(X, y)
    fitted = _fit_counting(model, X_more.astype(X.dtypes.to_dict()), y_more, len(y))
    return FilledModel(fitted, fill)


def committee(model, X, y, X_unlabeled, seed):
    """The committee that labels synthetic rows, used as the model: the teacher itself."""
    from sklearn_synda.labeling import CommitteeLabeler

    return CommitteeLabeler(random_state=seed).fit(X, y)


def _fit_counting(model, X, y, n_real):
    fitted = clone(model).fit(X, y)
    fitted.n_synthetic_ = len(y) - n_real
    return fitted


def _fill_values(X):
    """Median or commonest category of each column with holes."""
    fill = {}
    for name in X.columns[X.isna().any()]:
        if X[name].dtype == "category":
            common = X[name].mode()
            fill[name] = common[0] if len(common) else X[name].cat.categories[0]
        else:
            fill[name] = 0.0 if X[name].isna().all() else X[name].median()
    return fill


class FilledModel:
    """A fitted model that gets its test rows filled as its training rows were."""

    def __init__(self, fitted, fill):
        self.fitted, self.fill = fitted, fill
        self.n_synthetic_ = fitted.n_synthetic_

    @property
    def classes_(self):
        return self.fitted.classes_

    def predict_proba(self, X):
        return self.fitted.predict_proba(X.fillna(self.fill))


METHODS = {
    method.__name__: method
    for method in (
        *(alone, full, committee, duplicates, oversampling, smote, balanced_weight),
        *(tuned_threshold, self_training_pool, munge, shuffled_labels),
        *(active_synthesis, active_synthesis_light, active_synthesis_pool),
        *(untargeted, unit_weight, inherited_labels, ungated, noise_rows),
    )
}
METHODS["tuned_threshold_f1"] = partial(tuned_threshold, f1=True)
METHODS |= {
    f"dose_{rows}_{'targeted' if targeted else 'untargeted'}": partial(
        dose, rows=rows, targeted=targeted
    )
    for rows in DOSES
    for targeted in (True, False)
}
METHODS |= {
    "factors_" + "".join(map(str, map(int, on))): partial(
        factors, **dict(zip(FACTORS, on, strict=True))
    )
    for on in product([False, True], repeat=3)
}
METHODS |= {f"changed_{part}": partial(changed, part=part) for part in CHANGES}
ONLY_CLASSIFICATION = {
    *("oversampling", "smote", "balanced_weight", "tuned_threshold", "tuned_threshold_f1"),
}
WITHOUT_MODEL = {"committee"}  # the same for every model


def suits(name, task):
    """Whether a method is for a task."""
    return task == "classification" or name not in ONLY_CLASSIFICATION


def count_synthetic(fitted):
    """Rows that were made for the returned model, each once whatever its label."""
    if hasattr(fitted, "history_"):
        return int(fitted.history_["n_synthetic"][: fitted.best_iteration_ + 1].sum())
    return getattr(fitted, "n_synthetic_", 0)
