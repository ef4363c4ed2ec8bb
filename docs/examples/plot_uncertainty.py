"""
Where a model is unsure
=======================

Four measures of uncertainty of the same kind of model on the same rows. Dark is less certain.
"""

# %%
# Two half moons, on a plane with corners in which no row was seen.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.ensemble import RandomForestClassifier

from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty

X, y = make_moons(80, noise=0.25, random_state=0)
forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=0)
members = RandomForestClassifier(10, min_samples_leaf=3, random_state=0)

# %%
# ``PredictiveUncertainty`` asks the model itself, ``CommitteeUncertainty`` asks fits on bootstrap
# samples. Margin and entropy are large wherever classes are equally likely; mutual information
# and variance are large where the members disagree.
measures = {
    "margin": PredictiveUncertainty(forest),
    "entropy": PredictiveUncertainty(forest, measure="entropy"),
    "mutual information": CommitteeUncertainty(members, n_estimators=8, random_state=0),
    "variance": CommitteeUncertainty(members, n_estimators=8, measure="variance", random_state=0),
}

# %%
# On a grid, the uncertainty of new rows; on the rows themselves, out of fold or out of bag.
across, up = np.meshgrid(np.linspace(-2, 3, 70), np.linspace(-1.5, 2, 55))
grid = np.column_stack([across.ravel(), up.ravel()])

figure, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained", sharex=True, sharey=True)
for ax, (name, measure) in zip(axes.flat, measures.items(), strict=True):
    own = measure.fit_predict_uncertainty(X, y)
    new = measure.predict_uncertainty(grid).reshape(across.shape)
    field = ax.pcolormesh(across, up, new, cmap="viridis_r", shading="auto", rasterized=True)
    for label, marker in ((0, "o"), (1, "s")):
        of = y == label
        ax.scatter(*X[of].T, c=own[of], cmap="viridis_r", marker=marker, s=26, edgecolors="white",
                   linewidths=0.8, vmin=new.min(), vmax=new.max())  # fmt: skip
    ax.set_title(name, loc="left")
    figure.colorbar(field, ax=ax, aspect=30)
figure.suptitle("Uncertainty of new rows (field) and out of fold (marks)")
plt.show()
