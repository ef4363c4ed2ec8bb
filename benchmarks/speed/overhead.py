"""Where the time of ``fit`` goes: the models' own fits and predictions, and the rest.

Every model (the user's, and each member of the committee) is timed from inside; what remains
of ``fit`` is this package's own work. One run, ratios within it:

    python benchmarks/speed/overhead.py [--sizes 100,1000,10000]
"""

import argparse
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median

from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import CommitteeLabeler, _committee
from sklearn_synda.validation import CrossValidation

CLOCK = {"seconds": 0.0, "depth": 0}


@contextmanager
def on_the_clock():
    """Adds up time inside models, nested calls once."""
    started, CLOCK["depth"] = time.perf_counter(), CLOCK["depth"] + 1
    try:
        yield
    finally:
        CLOCK["depth"] -= 1
        if CLOCK["depth"] == 0:
            CLOCK["seconds"] += time.perf_counter() - started


class Timed(ClassifierMixin, BaseEstimator):
    """A classifier whose fits and predictions are timed."""

    def __init__(self, model=None):
        self.model = model

    def fit(self, X, y, sample_weight=None):
        with on_the_clock():
            self.model_ = clone(self.model)
            if sample_weight is None:
                self.model_.fit(X, y)
            else:
                self.model_.fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        with on_the_clock():
            return self.model_.predict_proba(X)

    def predict(self, X):
        with on_the_clock():
            return self.model_.predict(X)


def user_model():
    try:
        from lightgbm import LGBMClassifier
    except ImportError:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(random_state=0)
    # one thread: LightGBM takes all cores in every worker, and n_jobs=2 would crawl
    return LGBMClassifier(min_child_samples=3, n_jobs=1, verbose=-1, random_state=0)


def light_parts():
    """A lighter choice: a committee of four, one round, two folds."""
    return {
        "labeler": CommitteeLabeler("light"),
        "validation": CrossValidation(n_splits=2),
        "max_iter": 1,
    }


def measure(n_samples, n_jobs=None, **parts):
    """Seconds of ``fit`` and the share of them outside all models."""
    X, y = make_classification(
        n_samples, 20, n_informative=8, flip_y=0.05, class_sep=0.7, random_state=0
    )
    default_members = _committee.default_members
    timed = n_jobs is None
    model = Timed(user_model()) if timed else user_model()
    if timed:
        _committee.default_members = lambda *size, light: [
            Timed(member) for member in default_members(*size, light=light)
        ]
    CLOCK["seconds"] = 0.0
    started = time.perf_counter()
    try:
        fitted = ActiveSynthesisClassifier(model, n_jobs=n_jobs, random_state=0, **parts).fit(X, y)
    finally:
        _committee.default_members = default_members
    seconds = time.perf_counter() - started
    share = 1 - CLOCK["seconds"] / seconds if timed else float("nan")
    return seconds, share, fitted.n_iter_, fitted.best_iteration_


def import_share(repeats=5):
    """What importing this package adds to ``sklearn.ensemble``, as a share: median of processes."""
    code = (
        "from time import perf_counter as now; begun = now(); import sklearn.ensemble;"
        "plain = now(); import sklearn_synda; print((now() - plain) / (plain - begun))"
    )
    done = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(repeats)
    ]
    return median(map(float, done))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100,1000,10000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print(f"import: adds {import_share():.0%} to that of sklearn.ensemble")
    print(f"{'rows':>6}  {'parts':<14}{'seconds':>8}{'outside models':>16}{'rounds':>8}{'kept':>6}")
    for n_samples in sizes:
        for name, jobs, parts in (
            ("default", None, {}),
            ("default, 2 jobs", 2, {}),
            ("light", None, light_parts()),
        ):
            seconds, share, rounds, best = measure(n_samples, jobs, **parts)
            outside = "-" if share != share else f"{share:.1%}"
            print(f"{n_samples:>6}  {name:<15}{seconds:>7.1f}{outside:>15}{rounds:>8}{best:>6}")


if __name__ == "__main__":
    main()
