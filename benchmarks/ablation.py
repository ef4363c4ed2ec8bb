"""One part of the defaults changed, all others as they are.

    python benchmarks/uci.py --methods alone,active_synthesis,CHANGED --sizes 100 --out OUT
    python benchmarks/ablation.py OUT/raw_rows.csv

``CHANGED`` are the methods named ``changed_*`` (see ``--help``). Every one is compared with the
defaults on the same rows and seeds; seeds are averaged first, the set is the unit.
"""

import sys

import pandas as pd
from inference import MUCH, holm, wilcoxon_p
from scores import LARGER_IS_BETTER

DEFAULT = "active_synthesis"


def changed_part(name):
    """Parameters of the meta-estimator in which it differs from the defaults."""
    from sklearn_synda import integration, labeling, query, synthesis, uncertainty, validation

    make = {
        "uncertainty_entropy": lambda: uncertainty.PredictiveUncertainty(measure="entropy"),
        "uncertainty_committee": lambda: uncertainty.CommitteeUncertainty(),
        "anchors_random": lambda: query.RandomQuery(),
        "anchors_margin": lambda: query.MarginQuery(),
        "synthesizer_smote": lambda: synthesis.SMOTESynthesizer(partner="any"),
        "synthesizer_perturbation": lambda: synthesis.PerturbationSynthesizer(),
        "synthesizer_saliency": lambda: synthesis.SaliencyPerturbationSynthesizer(),
        "labeler_one_candidate": lambda: labeling.CommitteeLabeler(n_candidates=1),
        "labeler_propagation": lambda: labeling.PropagationLabeler(),
        "labeler_pseudo": lambda: labeling.PseudoLabeler(),
        "integrator_curriculum": lambda: integration.CurriculumIntegrator(),
        "integrator_uncertainty": lambda: integration.UncertaintyIntegrator(),
        "rate_0.5": lambda: validation.FixedRate(0.5),
        "rate_5": lambda: validation.FixedRate(5.0, min_rows=150, patience=2),
        "rate_adaptive": lambda: validation.AdaptiveRate(),
        "rounds_1": lambda: 1,
        "rounds_6": lambda: 6,
        "validation_holdout": lambda: validation.HoldoutValidation(),
        "validation_2_folds": lambda: validation.CrossValidation(n_splits=2),
    }
    role = name.split("_")[0]
    parameter = {"anchors": "query_strategy", "rounds": "max_iter"}.get(role, role)
    return {parameter: make[name]()}


def table(raw, metric):
    """A Markdown table: one line a model, size and change."""
    lines = [
        "| model | labels | changed | sets x seeds | alone | defaults | changed | difference"
        " | better / worse | p | p (Holm) |",
        "|" + "---|" * 11,
    ]
    sign = 1.0 if metric in LARGER_IS_BETTER else -1.0
    raw = raw[raw["metric"] == metric]
    key = ["model", "size", "set", "seed"]
    wide = raw.pivot_table(index=key, columns="method", values="value")
    changes = [name for name in wide if name.startswith("changed_")]
    for (model, size), group in wide.groupby(level=["model", "size"]):
        n_sets = group.index.get_level_values("set").nunique()
        found = {}
        for name in changes:
            pairs = group[["alone", DEFAULT, name]].dropna()
            means = pairs.groupby(level="set").mean()
            if len(means) == n_sets:
                gain = sign * (means[name] - means[DEFAULT])
                n_seeds = pairs.groupby(level="set").size().min()
                found[name] = (means, gain, n_seeds, wilcoxon_p(gain.to_numpy()))
        corrected = holm(pd.Series({name: told[-1] for name, told in found.items()}))
        for name, (means, gain, n_seeds, p) in found.items():
            lines.append(
                f"| {model} | {size} | {name.removeprefix('changed_').replace('_', ' ')}"
                f" | {len(means)} x {n_seeds} | {means['alone'].mean():.3f}"
                f" | {means[DEFAULT].mean():.3f} | {means[name].mean():.3f}"
                f" | {(means[name] - means[DEFAULT]).mean():+.4f}"
                f" | {(gain > MUCH).sum()} / {(gain < -MUCH).sum()} | {p:.1g}"
                f" | {corrected[name]:.1g} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    rows = pd.read_csv(sys.argv[1], dtype={"size": str})
    for name in ("auc", "log_loss"):
        print(f"\n{name}: the defaults, and one part changed\n\n{table(rows, name)}")
