"""
The rows generators make
========================

Two crescents; rows from scratch, rows around ten anchors, and rows guided to doubt.
"""

# %%
# The table, and a model whose uncertainty is the guide.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.ensemble import RandomForestClassifier

from sklearn_synda.synthesis import DiffusionSynthesizer, VAESynthesizer

X, y = make_moons(200, noise=0.15, random_state=0)
model = RandomForestClassifier(min_samples_leaf=5, random_state=0).fit(X, y)


def guide(rows):
    """How unsure the model is of rows."""
    return 1 - np.abs(2 * model.predict_proba(rows)[:, 1] - 1)


# %%
# At ``noise_level=1`` a row has nothing of its anchor but the class. At a lower level it stays
# near. With ``exploration_strength`` the noise walks to where the model is unsure.
makers = {
    "VAE": VAESynthesizer(max_steps=400, random_state=0),
    "Flow, a net": DiffusionSynthesizer(max_steps=400, random_state=0),
    "Flow, trees": DiffusionSynthesizer(denoiser="trees", n_estimators=10, random_state=0),
}
asked = np.resize(np.random.default_rng(0).permutation(len(X))[:10], 150)
views = {
    "from scratch": (np.resize(np.arange(len(X)), 150), {"noise_level": 1.0}),
    "around ten anchors": (asked, {"noise_level": 0.15}),
    "guided": (
        np.resize(np.arange(len(X)), 150),
        {"noise_level": 1.0, "exploration_strength": 4.0},
    ),
}
figure, axes = plt.subplots(3, 3, figsize=(10, 8), layout="constrained", sharex=True, sharey=True)
for row, (name, maker) in zip(axes, makers.items(), strict=True):
    maker.fit(X, y)
    for ax, (view, (anchors, parameters)) in zip(row, views.items(), strict=True):
        maker.set_params(exploration_strength=0.0).set_params(**parameters)
        made = maker.sample(anchors, guide=guide, random_state=0).X
        for label, color in ((0, "#0072B2"), (1, "#009E73")):
            ax.scatter(*X[y == label].T, s=10, color=color, alpha=0.4, linewidths=0)
        ax.scatter(*made.T, s=14, marker="^", facecolors="none", edgecolors="#D55E00",
                   linewidths=0.7)  # fmt: skip
        if view.startswith("around"):
            ax.scatter(*X[anchors[:10]].T, s=60, facecolors="none", edgecolors="#333333",
                       linewidths=1.3)  # fmt: skip
        ax.set_title(f"{name}: {view}", loc="left", fontsize="medium")
        ax.set(xticks=[], yticks=[])
figure.suptitle("Real rows (dots), anchors (rings), made rows (triangles)")
plt.show()
