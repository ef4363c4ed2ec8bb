"""
Unlabelled rows
===============

A fit on 20 labelled rows, and the same with 300 unlabelled ones beside them. ``NaN`` in ``y`` means
"not labelled".
"""

# %%
# Two moons; 20 rows have a label, 300 have none.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.validation import CrossValidation

X, y = make_moons(320, noise=0.15, random_state=3)
y_partly = y.astype(float)
y_partly[20:] = np.nan

# %%
# Three models of the same kind: alone, with made rows, and with unlabelled rows too.
tree = DecisionTreeClassifier(random_state=0)
settings = {"validation": CrossValidation(n_splits=3), "max_iter": 1, "random_state": 0}
models = {
    "alone": tree.fit(X[:20], y[:20]),
    "made rows": ActiveSynthesisClassifier(tree, **settings).fit(X[:20], y[:20]),
    "made rows and unlabelled rows": ActiveSynthesisClassifier(tree, **settings).fit(X, y_partly),
}

# %%
# What each learnt. Unlabelled rows that were learnt from are marked in the provenance.
sources = models["made rows and unlabelled rows"].provenance_.synthesizer
for name in np.unique(sources.astype(str)):
    print(f"{name or 'labelled rows'}: {(sources == name).sum()} training rows")

across, up = np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.2, 1.7, 90))
grid = np.column_stack([across.ravel(), up.ravel()])
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained", sharey=True)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    proba = model.predict_proba(grid)[:, 1].reshape(across.shape)
    field = ax.pcolormesh(across, up, proba, cmap="coolwarm", vmin=0, vmax=1, alpha=0.7,
                          shading="auto", rasterized=True)  # fmt: skip
    if "unlabelled" in name:
        ax.scatter(*X[20:].T, s=5, color="#333333", alpha=0.5, linewidths=0)
    ax.scatter(*X[:20].T, c=y[:20], cmap="coolwarm", s=40, edgecolors="black")
    kept = getattr(model, "best_iteration_", 0)
    ax.set_title(f"{name} (round {kept})", loc="left", fontsize=10)
    ax.set(xticks=[], yticks=[])
figure.colorbar(field, ax=axes, label="probability of class 1", aspect=30)
plt.show()
