"""How many made rows buy how much: targeted against untargeted rows, dose by dose.

    python benchmarks/uci.py --methods alone,DOSES --sizes 100 --out OUT   (see --help)
    python benchmarks/dose_response.py OUT/raw_rows.csv

The gain of a dose is the change of the measure against the model alone, means over seeds. Both
curves of a set are made monotone (isotonic regression over the doses). The synthetic-equivalence
ratio is the share of the untargeted rows that targeted rows need for the same gain: for nine
tenths of the best untargeted gain, by linear interpolation. It is censored at the largest dose
where targeted rows never get there, and not defined where untargeted rows gain nothing.
"""

import sys

import numpy as np
import pandas as pd
from scores import LARGER_IS_BETTER
from sklearn.isotonic import isotonic_regression

SHARE = 0.9
N_BOOTSTRAP = 2000


def gains(raw, metric):
    """Mean gain by set, model and size, kind (targeted or not) and dose."""
    key = ["set", "model", "size", "seed"]
    raw = raw[raw["metric"] == metric]
    alone = raw.loc[raw["method"] == "alone", [*key, "value"]].rename(columns={"value": "alone"})
    dosed = raw[raw["method"].str.startswith("dose_")].merge(alone, on=key)
    _, dosed["dose"], dosed["kind"] = zip(*dosed["method"].str.split("_"), strict=True)
    dosed["dose"] = dosed["dose"].astype(float)
    sign = 1.0 if metric in LARGER_IS_BETTER else -1.0
    dosed["gain"] = sign * (dosed["value"] - dosed["alone"])
    by = ["model", "size", "set", "kind", "dose"]
    return dosed.groupby(by)["gain"].mean().unstack("dose")


def rows_needed(doses, curve, gain):
    """The dose at which a monotone curve first reaches a gain; infinite where it never does."""
    doses, curve = np.r_[0.0, doses], np.r_[0.0, np.maximum(isotonic_regression(curve), 0.0)]
    if curve[-1] < gain:
        return np.inf
    k = int(np.argmax(curve >= gain))
    step = curve[k] - curve[k - 1]
    return doses[k - 1] + (doses[k] - doses[k - 1]) * (gain - curve[k - 1]) / step


def equivalence(table):
    """One row a model, size and set: rows needed by either kind for the same gain."""
    found = []
    for key, curves in table.groupby(level=["model", "size", "set"]):
        curves = curves.droplevel(["model", "size", "set"])
        if len(curves) < 2 or curves.isna().any(axis=None):
            continue
        doses = curves.columns.to_numpy(dtype=float)
        untargeted, targeted = (curves.loc[k].to_numpy() for k in ("untargeted", "targeted"))
        gain = SHARE * isotonic_regression(untargeted)[-1]
        if gain <= 0:
            continue
        rows = rows_needed(doses, untargeted, gain), rows_needed(doses, targeted, gain)
        ratio = min(rows[1], doses[-1]) / rows[0]
        found.append([*key, gain, *rows, ratio, np.isinf(rows[1])])
    columns = ["model", "size", "set", "gain", "untargeted", "targeted", "ratio", "censored"]
    return pd.DataFrame(found, columns=columns)


def median_interval(values, random_state=0):
    """Median over the sets with its 95 % bootstrap interval."""
    rng = np.random.default_rng(random_state)
    values = np.asarray(values)
    drawn = np.median(values[rng.integers(len(values), size=(N_BOOTSTRAP, len(values)))], axis=1)
    return float(np.median(values)), *map(float, np.quantile(drawn, [0.025, 0.975]))


def tables(raw, metric):
    """Two Markdown tables: mean gain by dose, and the equivalence ratio."""
    table = gains(raw, metric)
    mean = table.groupby(level=["model", "size", "kind"]).mean()
    doses = [f"{dose:g}" for dose in table.columns]
    lines = [
        "| model | labels | sets x seeds | rows | " + " | ".join(doses) + " |",
        "|" + "---|" * (4 + len(doses)),
    ]
    for (model, size, kind), row in mean.iterrows():
        own = raw[(raw["model"] == model) & (raw["size"] == size)]
        number = f"{own['set'].nunique()} x {own['seed'].nunique()}"
        told = " | ".join(f"{g:+.4f}" for g in row)
        lines.append(f"| {model} | {size} | {number} | {kind} | {told} |")
    found = equivalence(table)
    lines += [
        "",
        "| model | labels | sets | ratio, median (95 %) | never as good |",
        "|---|---|---|---|---|",
    ]
    for (model, size), group in found.groupby(["model", "size"]):
        middle, low, high = median_interval(group["ratio"])
        lines.append(f"| {model} | {size} | {len(group)} | {middle:.2f} ({low:.2f}, {high:.2f})"
                     f" | {group['censored'].mean():.0%} |")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    rows = pd.read_csv(sys.argv[1], dtype={"size": str})
    for name in ("auc", "log_loss"):
        print(f"\n{name}: gain by made rows per labelled row\n\n{tables(rows, name)}")
