"""Gaps between groups along the curve of an active learner, by query strategy.

From 20 random labels in batches of 20 to 300, the pool at most 2,000 rows, 40 % of the table, at
most 2,000 rows, held out. Groups: sex in adult and credit_g (there from ``personal_status``),
African-American against all others in compas. The model sees the column of the group. Gaps are
largest differences between groups, 0 = none: of the share of rows predicted positive (demographic
parity), of the rates of true and of false positives, the larger (equalised odds), of the precision
(predictive parity). Each is the mean over the budgets of 100 labels and more; the difference to
random is paired by seed, with a 95 % interval of its mean by t over the seeds.

    python benchmarks/active_learning/fairness.py [--data FOLDER] [--seeds 5]

Raw rows are appended to ``--out`` as they are measured; what is there is not measured again.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import t

sys.path.insert(0, str(Path(__file__).parents[1]))
import models  # noqa: E402
import splits  # noqa: E402
import tables  # noqa: E402
from growing_csv import GrowingCSV  # noqa: E402

from sklearn_synda import ActiveSynthesisClassifier  # noqa: E402
from sklearn_synda.query import (  # noqa: E402
    BALDQuery,
    GroupQuotaQuery,
    MarginQuery,
    RandomQuery,
)
from sklearn_synda.uncertainty import CommitteeUncertainty  # noqa: E402

START, STEP, MOST, MAX_POOL = 20, 20, 300, 2000
POSITIVE = {"adult": ">50K", "compas": "1", "credit_g": "good"}
STRATEGIES = {
    "random": RandomQuery(),
    "margin": MarginQuery(),
    "bald": BALDQuery(),
    "quota, margin": GroupQuotaQuery(MarginQuery()),
    "quota, random": GroupQuotaQuery(RandomQuery()),
}
GAPS = ["demographic_parity", "equalized_odds", "predictive_parity"]
COLUMNS = ["set", "strategy", "seed", "n_labeled", "accuracy", *GAPS, "share_of_group"]


def groups_of(table):
    """True for the one group, False for the other."""
    if table.name == "compas":
        return (table.X["race"] == "African-American").to_numpy()
    if table.name == "credit_g":
        return table.X["personal_status"].astype(str).str.startswith("female").to_numpy()
    return (table.X["sex"] == "Female").to_numpy()


def gaps_of(truth, said, group):
    """The three gaps; NaN where a group has no row of a kind."""

    def gap(rows):
        shares = [values[rows_of].mean() if rows_of.any() else np.nan for values, rows_of in rows]
        return abs(shares[0] - shares[1])

    sides = (group, ~group)
    odds = [gap([(said, g & wanted) for g in sides]) for wanted in (truth, ~truth)]
    return gap([(said, g) for g in sides]), max(odds), gap([(truth, g & said) for g in sides])


def walk(table, name, seed):
    """Raw rows of one curve."""
    y = (table.y == POSITIVE[table.name]).to_numpy().astype(int)
    group = groups_of(table)
    train, test = splits._train_and_test(table.name, y, len(y), seed)
    rng = np.random.RandomState(seed)
    pool = rng.permutation(train)[:MAX_POOL]
    labeled = np.arange(START)
    if len(set(y[pool[labeled]])) == 1:
        labeled[-1] = np.flatnonzero(y[pool] != y[pool[0]])[0]
    committee = CommitteeUncertainty(n_estimators=8) if name == "bald" else None
    while True:
        model = ActiveSynthesisClassifier(
            models.logistic("classification", seed), query_strategy=STRATEGIES[name],
            uncertainty=committee, max_iter=0, random_state=seed,
        ).fit(table.X.iloc[pool[labeled]], y[pool[labeled]])  # fmt: skip
        said = model.predict(table.X.iloc[test]).astype(bool)
        gaps = gaps_of(y[test].astype(bool), said, group[test])
        accuracy = np.mean(said == y[test].astype(bool))
        yield [table.name, name, seed, len(labeled), accuracy, *gaps, group[pool[labeled]].mean()]
        if len(labeled) >= MOST:
            return
        free = np.setdiff1d(np.arange(len(pool)), labeled)
        chosen = model.query(
            table.X.iloc[pool[free]], min(STEP, MOST - len(labeled)),
            sensitive_features=group[pool[free]],
        )  # fmt: skip
        labeled = np.concatenate([labeled, free[chosen]])


def report(frame):
    """Means over budgets and seeds, and differences to random by seed."""
    values = ["accuracy", *GAPS, "share_of_group"]
    late = frame[frame.n_labeled >= 100].groupby(["set", "strategy", "seed"])[values].mean()
    for name, part in late.groupby("set"):
        part = part.droplevel("set")
        random = part.loc["random"]
        print(f"\n{name}, {len(random)} seeds: mean (difference to random, 95 %)")
        for strategy in STRATEGIES:
            one, shown = part.loc[strategy], []
            for value in values:
                gain = (one[value] - random[value]).dropna()
                half = t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / len(gain) ** 0.5
                shown.append(f"{one[value].mean():.3f} ({gain.mean():+.3f} +-{half:.3f})")
            print(f"  {strategy:<15}" + "  ".join(shown))
    print("\ncolumns: " + ", ".join(values))
    print("\n".join(markdown_of(late)))


def markdown_of(late):
    """The table of the user guide: differences to random rows, pairs of sets and seeds."""
    values = ["accuracy", *GAPS]
    yield "| strategy | pairs | " + " | ".join(v.replace("_", " ") for v in values) + " |"
    yield "|---|---|" + "---|" * len(values)
    random = late.xs("random", level="strategy")
    for strategy in STRATEGIES:
        if strategy == "random":
            continue
        gains, shown = late.xs(strategy, level="strategy") - random, []
        for value in values:
            gain = gains[value].dropna()
            half = t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / len(gain) ** 0.5
            mean = gain.mean()
            shown.append(f"{mean:+.3f} ({mean - half:+.3f}, {mean + half:+.3f})")
        yield f"| {strategy} | {len(gains)} | " + " | ".join(shown) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="results/fairness.csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # models of 20 rows that do not converge
    folder = tables.folder_of(args.data)
    raw = GrowingCSV(Path(args.out), COLUMNS, n_key=3)
    for seed in range(args.seeds):
        for name in POSITIVE:
            for strategy in STRATEGIES:
                if (name, strategy, str(seed)) not in raw.done:
                    raw.append(list(walk(tables.load(name, folder), strategy, seed)))
    report(raw.frame())


if __name__ == "__main__":
    main()
