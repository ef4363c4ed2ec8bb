"""
The rows each synthesizer makes
===============================

A plane of two classes, ten anchors, and 150 rows around them.
"""

# %%
# The table, and anchors near the boundary.
import matplotlib.pyplot as plt
import numpy as np
from imblearn.over_sampling import ADASYN
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression

from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SamplerSynthesizer,
    SMOTESynthesizer,
)

X, y = make_moons(120, noise=0.15, random_state=0)
model = LogisticRegression().fit(X, y)


def guide(rows):
    """How unsure the model is of rows."""
    return 1 - np.abs(2 * model.predict_proba(rows)[:, 1] - 1)


anchors = np.argsort(-guide(X))[:10]
asked = np.resize(anchors, 150)

# %%
# Mixing copies whole coordinates, so its rows stand on the grid that the real rows span; SMOTE
# draws lines between neighbours; perturbation shakes an anchor. The guide is the uncertainty of
# the model: with ``n_candidates`` the least certain of several rows is kept.
makers = {
    "Mixing, any partner": MixingSynthesizer(mixing_rate=0.5),
    "Mixing, 5 neighbours": MixingSynthesizer(mixing_rate=0.5, n_neighbors=5),
    "SMOTE, same class": SMOTESynthesizer(),
    "SMOTE, any partner, guided": SMOTESynthesizer(partner="any", n_candidates=5),
    "Perturbation": PerturbationSynthesizer(n_features_moved=1.0),
    "Sampler: ADASYN": SamplerSynthesizer(ADASYN()),
}
figure, axes = plt.subplots(2, 3, figsize=(11, 6.4), layout="constrained", sharex=True, sharey=True)
for ax, (name, maker) in zip(axes.flat, makers.items(), strict=True):
    batch = maker.fit(X, y).sample(asked, guide=guide, random_state=0)
    for label, color in ((0, "#0072B2"), (1, "#009E73")):
        ax.scatter(*X[y == label].T, s=14, color=color, alpha=0.6, linewidths=0)
    ax.scatter(*batch.X.T, s=16, marker="^", facecolors="none", edgecolors="#D55E00",
               linewidths=0.7)  # fmt: skip
    ax.scatter(*X[anchors].T, s=60, facecolors="none", edgecolors="#333333", linewidths=1.3)
    ax.set_title(name, loc="left")
    ax.set(xticks=[], yticks=[])
figure.suptitle("Real rows (dots), anchors (rings), made rows (triangles)")
plt.show()
