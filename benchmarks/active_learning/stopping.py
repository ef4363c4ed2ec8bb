"""What stopping rules cost in accuracy, and the labels they save.

A walk: 20 rows at random, then batches of 10 by ``MarginQuery`` until 300 labels, or until the pool
(at most 2,000 rows) is exhausted. 40 % of a table, at most 2,000 rows, are held out for accuracy;
rules that need labels of their own (``PlateauStopping``) have 100 other random rows, which are not
counted as labels spent. Rules that watch predictions watch the same 500 rows of the pool.

A rule is asked after every round, and stops the walk where it first says so. For a set, over its
seeds: the loss is the best accuracy of the isotonic mean curve, on which no lucky budget counts,
less the mean accuracy where the rule stopped, in points; ``loss_raw`` is against the best budget
of the mean curve itself. The labels saved are 1 - mean labels / labels of the whole walk.
"hindsight" stops each set at the one budget of largest saving among those that lose at most 0.5
points, which only the test labels tell: what no rule can pass by much.

Thresholds were chosen on the development sets of ``configuration.py``, which are not in the table.

    python benchmarks/active_learning/stopping.py [--data FOLDER] [--models logistic] [--seeds 3]

Walks are kept in ``--walks`` as they are made, one file each, and not made again; the table is of
the rules as they are now.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

sys.path.insert(0, str(Path(__file__).parents[1]))
import models  # noqa: E402
import splits  # noqa: E402
import tables  # noqa: E402
from configuration import CLASSIFICATION, DEVELOPMENT  # noqa: E402

from sklearn_synda.active_learning import (  # noqa: E402
    AllStopping,
    ErrorStabilityStopping,
    ForecastStopping,
    KappaStopping,
    PlateauStopping,
    UncertaintyStopping,
)
from sklearn_synda.query import MarginQuery  # noqa: E402
from sklearn_synda.utils import Pool  # noqa: E402

START, STEP, MOST, MAX_POOL, MAX_WATCHED, MAX_APART = 20, 10, 300, 2000, 500, 100


class OfClasses:
    """A rule that is not shown the probabilities."""

    def __init__(self, rule):
        self.rule = rule

    def should_stop(self, history):
        return self.rule.should_stop({n: v for n, v in history.items() if n != "proba"})


RULES = {
    "error stability": ErrorStabilityStopping(),
    "error stability, of classes": OfClasses(ErrorStabilityStopping(0.02)),
    "kappa": KappaStopping(),
    "forecast": ForecastStopping(),
    "uncertainty": UncertaintyStopping(),
    "plateau": PlateauStopping(),
    "never": AllStopping([]),
}


def parts_of(table, seed):
    """Positions of the test rows, the rows kept apart, the pool; class codes."""
    y = pd.factorize(table.y, sort=True)[0]
    train, test = splits._train_and_test(table.name, y, len(y), seed)
    train = np.random.RandomState(seed).permutation(train)
    n_apart = min(MAX_APART, len(train) // 5)
    return test, train[:n_apart], train[n_apart:][:MAX_POOL], y


def walk(table, kind, seed):
    """Arrays of a walk, one entry a round."""
    test, apart, pool, y = parts_of(table, seed)
    rng = np.random.RandomState(seed)
    labeled = splits.two_classes_first(rng.permutation(len(pool)), y[pool], START)[:START]
    watched = rng.permutation(len(pool))[:MAX_WATCHED]
    rounds, X = [], table.X.iloc[pool]
    most = min(MOST, len(pool))
    while True:
        model = models.build(kind, "classification", seed)
        model.fit(X.iloc[labeled], y[pool[labeled]])
        proba = np.zeros((len(pool), y.max() + 1))
        proba[:, model.classes_] = model.predict_proba(X)
        free = np.setdiff1d(np.arange(len(pool)), labeled)
        doubt = 1 - proba[free].max(axis=1) if len(free) else np.zeros(1)
        rounds.append(
            {
                "n_labeled": len(labeled),
                "accuracy": np.mean(model.predict(table.X.iloc[test]) == y[test]),
                "score": np.mean(model.predict(table.X.iloc[apart]) == y[apart]),
                "uncertainty": doubt.mean(),
                "predictions": proba[watched].argmax(axis=1).astype(np.int8),
                "proba": proba[watched].astype(np.float16),
            }
        )
        if len(labeled) >= most:
            return {name: np.array([r[name] for r in rounds]) for name in rounds[0]}
        candidates = Pool(X.iloc[free], proba=lambda free=free, proba=proba: proba[free])
        chosen = MarginQuery().query(candidates, min(STEP, most - len(labeled)), random_state=rng)
        labeled = np.concatenate([labeled, free[chosen]])


def stop_of(rule, found):
    """The round after which a rule stops, the last one where it does not."""
    n = len(found["n_labeled"])
    history = {name: list(values) for name, values in found.items()}
    for k in range(n):
        if rule.should_stop({name: values[: k + 1] for name, values in history.items()}):
            return k
    return n - 1


def hindsight(accuracy, best):
    """The first budget from which the mean curve loses at most 0.5 points, the last if none."""
    enough = np.flatnonzero(best - accuracy.mean(axis=0) <= 0.005)
    return enough[0] if len(enough) else accuracy.shape[1] - 1


def judge(found):
    """One row a set and rule, from the walks of its seeds."""
    accuracy = np.array([one["accuracy"] for one in found])
    curve = accuracy.mean(axis=0)
    best = IsotonicRegression().fit_transform(np.arange(len(curve)), curve)[-1]
    stops = {name: [stop_of(rule, one) for one in found] for name, rule in RULES.items()}
    stops["hindsight"] = [hindsight(accuracy, best)] * len(found)
    for name, at in stops.items():
        at_stop = np.mean([one["accuracy"][k] for one, k in zip(found, at, strict=True)])
        labels = np.mean([one["n_labeled"][k] for one, k in zip(found, at, strict=True)])
        yield {
            "rule": name,
            "labels": labels,
            "saved": 1 - labels / found[0]["n_labeled"][-1],
            "accuracy": at_stop,
            "loss": 100 * (best - at_stop),
            "loss_raw": 100 * (curve.max() - at_stop),
        }


def walks_of(names, args):
    """Walks by model and set; made where they are not there yet, seeds outermost."""
    folder, there = tables.folder_of(args.data), Path(args.walks)
    there.mkdir(parents=True, exist_ok=True)
    paths = {}
    for seed in range(args.seeds):
        for kind in args.models.split(","):
            for name in names:
                path = there / f"{kind}-{name}-{seed}.npz"
                if not path.exists():
                    found = walk(tables.load(name, folder), kind, seed)
                    part = path.with_suffix(".part.npz")
                    np.savez_compressed(part, **found)
                    part.rename(path)
                paths.setdefault((kind, name), []).append(path)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--models", default="logistic,lightgbm_safe")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", help="names; every second set of the study without")
    parser.add_argument("--development", action="store_true", help="the sets for tuning instead")
    parser.add_argument("--walks", default="results/stopping")
    parser.add_argument("--out", default="results/stopping.csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # models of 20 rows that do not converge
    names = args.sets.split(",") if args.sets else CLASSIFICATION[::2]
    names = DEVELOPMENT["classification"] if args.development else names
    rows = []
    for (kind, name), paths in walks_of(names, args).items():
        found = [dict(np.load(path)) for path in paths]
        rows += [{"model": kind, "set": name, "seeds": len(found), **row} for row in judge(found)]
    frame = pd.DataFrame(rows)
    frame.to_csv(args.out, index=False, float_format="%.5g")
    frame["reached"] = (frame.loss <= 0.5) & (frame.saved >= 0.4)
    frame["within"] = frame.loss <= 0.5
    by_rule = frame.groupby(["model", "rule"], sort=False)
    print(by_rule.agg(
        sets=("set", "count"), within=("within", "mean"), loss=("loss", "median"),
        worst=("loss", "max"), saved=("saved", "mean"), reached=("reached", "mean"),
    ).round(3).to_string())  # fmt: skip


if __name__ == "__main__":
    main()
