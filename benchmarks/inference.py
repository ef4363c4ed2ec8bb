"""What the raw rows say: the data set is the unit, seeds are averaged first.

A change is method minus the model alone, on the same rows; for RMSE and MAE, which come in the
unit of the target, it is divided by the error of the model alone.
"""

import numpy as np
import pandas as pd
from scipy import stats
from scores import LABELS, LARGER_IS_BETTER, RELATIVE

BASELINE, CEILING = "alone", "full"
GROUP = ["task", "model", "size", "method", "metric"]
NEGLIGIBLE = 1e-6
ROPE = 0.005  # of AUC: a change within it is none in practice
MUCH = 0.01  # of a score such as AUC; of the error itself where smaller is better
N_BOOTSTRAP = 10_000
FEWEST_SETS = 6  # below, no two-sided Wilcoxon test can reach p = .05


def compare(raw):
    """One row per set, model, size, method and metric, with ``changes`` per seed.

    A method without a model of its own (the committee) is set against every model.
    """
    key = ["task", "set", "model", "size", "metric", "seed"]
    raw = for_every_model(raw[raw["metric"].isin(list(LABELS))])
    base = raw[raw["method"] == BASELINE].rename(columns={"value": "alone"})
    full = raw[raw["method"] == CEILING].rename(columns={"value": "full"})
    paired = raw[~raw["method"].isin([BASELINE, CEILING])]
    paired = paired.merge(base[[*key, "alone"]], on=key)
    any_size = [k for k in key if k != "size"]
    paired = paired.merge(full[[*any_size, "full"]], on=any_size, how="left")
    by = ["task", "set", "model", "size", "method", "metric"]
    effects = [_effect(dict(zip(by, name, strict=True)), g) for name, g in paired.groupby(by)]
    return pd.DataFrame(effects)


def for_every_model(raw):
    """A method without a model of its own, repeated beside every model."""
    own = raw[raw["model"] != "-"]
    shared = raw[raw["model"] == "-"].drop(columns="model")
    pairs = own[["task", "set", "size", "model"]].drop_duplicates()
    return pd.concat([own, shared.merge(pairs, on=["task", "set", "size"])], ignore_index=True)


def _effect(name, group):
    """The effect of one method on one set."""
    metric = name["metric"]
    alone, value = group["alone"].mean(), group["value"].mean()
    scale = alone if metric in RELATIVE and alone > 0 else 1.0
    changes = ((group["value"] - group["alone"]) / scale).to_numpy()
    better = 1.0 if metric in LARGER_IS_BETTER else -1.0
    se = standard_error(changes)
    gain, threshold = better * changes.mean(), np.nanmax([se, NEGLIGIBLE])
    gap = (better * (group["full"] - group["alone"]) / scale).dropna().to_numpy()
    error_change = _error_change(metric, alone, value)
    wide = len(gap) > 1 and gap.mean() > max(2 * standard_error(gap), NEGLIGIBLE)
    return {
        **name,
        "n_seeds": len(group),
        "alone": alone,
        "value": value,
        "change": changes.mean(),
        "se": se,
        "changes": changes,
        "outcome": "win" if gain > threshold else "loss" if gain < -threshold else "tie",
        "gap_closed": gain / gap.mean() if wide else np.nan,
        "error_change": error_change,
        "worse": (-gain if metric in LARGER_IS_BETTER else error_change) > MUCH,
    }


def standard_error(values):
    """Standard error of the mean over seeds; NaN for a single seed."""
    return np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan


def _error_change(metric, alone, value):
    """Relative change of the error: of 1 - score where larger scores are better."""
    if metric in LARGER_IS_BETTER:
        alone, value = 1.0 - alone, 1.0 - value
    return value / alone - 1.0 if alone > NEGLIGIBLE else np.nan


def summarize(effects):
    """One row per task, model, size, method and metric, over the sets."""
    if effects.empty:
        return pd.DataFrame(columns=GROUP)
    groups = effects.groupby(GROUP, sort=False)
    summary = pd.DataFrame([dict(zip(GROUP, k, strict=True)) | _over_sets(g) for k, g in groups])
    family = summary.groupby(["task", "method", "metric"])["p_wilcoxon"]
    return summary.assign(p_holm=family.transform(holm))


def _over_sets(group):
    change, outcome = group["change"], group["outcome"]
    low, high = bootstrap_interval(list(group["changes"]))
    return {
        "n_sets": len(group),
        "n_seeds": group["n_seeds"].min(),
        "alone": group["alone"].mean(),
        "value": group["value"].mean(),
        "mean_change": change.mean(),
        "low": low,
        "high": high,
        "median_change": change.median(),
        "wins": (outcome == "win").sum(),
        "ties": (outcome == "tie").sum(),
        "losses": (outcome == "loss").sum(),
        "harm_rate": (outcome == "loss").mean(),
        "worse_rate": group["worse"].mean(),
        "error_change": group["error_change"].mean(),
        "gap_closed": group["gap_closed"].mean(),
        "gap_closed_median": group["gap_closed"].median(),
        "n_gap_sets": group["gap_closed"].notna().sum(),
        "p_wilcoxon": wilcoxon_p(change.to_numpy()),
    }


def wilcoxon_p(changes):
    """Two-sided signed-rank test over sets; NaN where it could not show anything."""
    if len(changes) < FEWEST_SETS or not np.any(changes):
        return np.nan
    return float(stats.wilcoxon(changes).pvalue)


def practical(changes):
    """Bayesian signed-rank test: chances that a change is a gain, none in practice, a loss."""
    from baycomp import SignedRankTest

    changes = np.asarray(changes)
    test = SignedRankTest(changes, np.zeros(len(changes)), rope=ROPE, random_state=0)
    return tuple(map(float, test.probs()))


def holm(p):
    """Holm's step-down correction over the models and sizes of one table; NaN stays."""
    tested = p.dropna().sort_values()
    steps = np.maximum.accumulate(tested * np.arange(len(tested), 0, -1)).clip(upper=1.0)
    return steps.reindex(p.index)


def bootstrap_interval(changes, confidence=0.95, random_state=0):
    """Hierarchical bootstrap of the mean change: sets are drawn, then seeds within each.

    ``changes`` holds one array of seeds per set. A single set has seeds to draw from only.
    """
    rng = np.random.default_rng(random_state)
    chosen = rng.integers(len(changes), size=(N_BOOTSTRAP, len(changes)))
    counts = np.array([len(c) for c in changes])
    table = np.zeros((len(changes), counts.max()))
    for row, values in zip(table, changes, strict=True):
        row[: len(values)] = values
    n = counts[chosen][..., None]
    seeds = (rng.random((*chosen.shape, counts.max())) * n).astype(int)
    drawn = table[chosen[..., None], seeds]
    used = np.arange(counts.max()) < n  # sets with fewer seeds draw fewer
    means = ((drawn * used).sum(axis=2) / n[..., 0]).mean(axis=1)
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
