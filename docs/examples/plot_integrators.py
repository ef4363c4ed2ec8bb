"""
The weights each integrator gives
=================================

Three rounds of 100 made rows join 50 real ones. The picture shows the weight of the rows of each
round after each round, and the share that all made rows hold.
"""

# %%
# Batches as a synthesizer and a labeler would give them: rows, labels, trust, and the uncertainty
# of the anchors, which falls from round to round.
import matplotlib.pyplot as plt
import numpy as np

from sklearn_synda.integration import (
    AdaptiveSamplingIntegrator,
    ConcatenationIntegrator,
    CurriculumIntegrator,
    UncertaintyIntegrator,
    WeightedIntegrator,
)
from sklearn_synda.utils import SyntheticBatch, TrainingSet

rng = np.random.RandomState(0)
n_real, n_made, n_rounds = 50, 100, 3


def make_batch(iteration):
    batch = SyntheticBatch(
        X=rng.normal(size=(n_made, 2)),
        parents=rng.randint(n_real, size=(n_made, 2)),
        closeness=np.full(n_made, 0.7),
        uncertainty=rng.beta(2, 1 + iteration, size=n_made),
    )
    return batch.label(
        label_source="example", y=rng.randint(2, size=n_made), trust=rng.beta(5, 2, size=n_made)
    )


real = TrainingSet.real(rng.normal(size=(n_real, 2)), rng.randint(2, size=n_real))
batches = [make_batch(iteration) for iteration in range(1, n_rounds + 1)]

# %%
# A real row has weight 1 throughout.
integrators = [
    ConcatenationIntegrator(min_trust=0.5),
    WeightedIntegrator(alpha=0.5),
    CurriculumIntegrator(),
    UncertaintyIntegrator(alpha=0.5),
    AdaptiveSamplingIntegrator(decay=0.7),
]
colors = ["#0072B2", "#009E73", "#D55E00"]
figure, axes = plt.subplots(1, 5, figsize=(14, 4), layout="constrained", sharey=True)
for ax, integrator in zip(axes, integrators, strict=True):
    train = real
    for iteration, batch in enumerate(batches, start=1):
        train = integrator.integrate(train, batch, iteration=iteration)
        weight, made_in = train.sample_weight, train.provenance.round
        for k in range(1, iteration + 1):
            place = iteration + 0.24 * (k - (iteration + 1) / 2)
            boxes = ax.boxplot(weight[made_in == k], positions=[place], widths=0.18,
                               showfliers=False, patch_artist=True, manage_ticks=False)  # fmt: skip
            boxes["boxes"][0].set(facecolor=colors[k - 1], alpha=0.6)
            boxes["medians"][0].set(color="#333333")
        share = weight[made_in > 0].sum() / weight.sum()
        ax.text(iteration, -0.16, f"{share:.0%}", ha="center", color="#333333")
    ax.axhline(1, color="#333333", lw=1, ls="--")
    ax.set_title(type(integrator).__name__, loc="left", fontsize=10)
    ax.set(xticks=range(1, n_rounds + 1), xlabel="after round", ylim=(-0.25, None))
axes[0].set_ylabel("weight of a made row (dashed: a real row)")
handles = [plt.Rectangle((0, 0), 1, 1, color=c, alpha=0.6) for c in colors]
axes[0].legend(handles, [f"made in round {k}" for k in (1, 2, 3)], frameon=False, fontsize=8)
figure.suptitle("Weight by round; the percentages are the share of all made rows")
plt.show()
