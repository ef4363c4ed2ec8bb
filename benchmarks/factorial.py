"""What each choice of the recipe is worth: two to the three, with interactions.

    python benchmarks/uci.py --methods alone,FACTORS --sizes 100 --out OUT   (see --help)
    python benchmarks/factorial.py OUT/raw_rows.csv

``factors_101`` draws anchors by uncertainty (1), keeps every row it makes (0) and gives made rows
three quarters of the weight (1); ``methods.factors`` says it in full. The effect of a choice is
the mean gain over the four methods that make it, less that over the four that do not; an
interaction is half the difference of two such effects. Seeds are averaged first, the set is the
unit.
"""

import sys
from itertools import combinations

import numpy as np
import pandas as pd
from inference import holm, wilcoxon_p
from methods import FACTORS
from scores import LARGER_IS_BETTER


def effects(raw, metric):
    """Main effects and interactions, one column each: rows are model, size and set."""
    key = ["model", "size", "set"]
    raw = raw[(raw["metric"] == metric) & raw["method"].str.startswith("factors_")]
    means = raw.groupby([*key, "method"])["value"].mean().unstack().dropna()
    sign = 1.0 if metric in LARGER_IS_BETTER else -1.0
    levels = {f: np.array([2 * int(m[-3:][i]) - 1 for m in means]) for i, f in enumerate(FACTORS)}
    found = {}
    for n in range(1, len(FACTORS) + 1):
        for names in combinations(FACTORS, n):
            contrast = np.prod([levels[f] for f in names], axis=0)
            found[" x ".join(names)] = sign * (means * contrast).sum(axis=1) / 4
    return pd.DataFrame(found)


def table(raw, metric):
    """A Markdown table: one line a model, size and effect."""
    lines = [
        "| model | labels | effect | sets x seeds | mean | median | sets with a gain | p"
        " | p (Holm) |",
        "|" + "---|" * 9,
    ]
    n_seeds = raw[raw["metric"] == metric].groupby(["model", "size"])["seed"].nunique()
    for (model, size), group in effects(raw, metric).groupby(level=["model", "size"]):
        p = group.apply(lambda column: wilcoxon_p(column.to_numpy()))
        for name, p_holm in holm(p).items():
            values = group[name]
            lines.append(f"| {model} | {size} | {name} | {len(group)} x {n_seeds[model, size]}"
                         f" | {values.mean():+.4f}"
                         f" | {values.median():+.4f} | {(values > 0).mean():.0%} | {p[name]:.2g}"
                         f" | {p_holm:.2g} |")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    rows = pd.read_csv(sys.argv[1], dtype={"size": str})
    for name in ("auc", "log_loss"):
        print(f"\n{name}: gain by choice\n\n{table(rows, name)}")
