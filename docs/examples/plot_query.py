"""
The rows each query strategy names
==================================

One pool, one model, seven strategies, twelve rows each. Dark rows are those of large utility.
"""

# %%
# A pool of 400 rows and a model fitted on ten of them.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.query import (
    ClusterQuery,
    DensityQuery,
    EntropyQuery,
    KCenterQuery,
    MarginQuery,
    ProportionalQuery,
    RandomQuery,
    TopKQuery,
)

X, y = make_moons(400, noise=0.2, random_state=0)
rng = np.random.RandomState(0)
known = np.concatenate([rng.choice(np.flatnonzero(y == c), 5, replace=False) for c in (0, 1)])
pool = np.setdiff1d(np.arange(400), known)
model = make_pipeline(StandardScaler(), LogisticRegression())

# %%
# ``max_iter=0`` makes no rows: a plain model that can be asked. With two classes margin and
# entropy name the same rows, and so does the default utility.
strategies = [
    MarginQuery(), EntropyQuery(), TopKQuery(), ProportionalQuery(),
    DensityQuery(), ClusterQuery(), KCenterQuery(), RandomQuery(),
]  # fmt: skip
figure, axes = plt.subplots(2, 4, figsize=(13, 6), layout="constrained", sharex=True, sharey=True)
for ax, strategy in zip(axes.flat, strategies, strict=True):
    asked = ActiveSynthesisClassifier(
        model, query_strategy=strategy, max_iter=0, random_state=0
    ).fit(X[known], y[known])
    utilities = asked.predict_uncertainty(X[pool])
    chosen = pool[asked.query(X[pool], batch_size=12)]
    ax.scatter(*X[pool].T, c=utilities, cmap="viridis_r", s=9)
    ax.scatter(*X[known].T, marker="x", color="#333333", s=30, label="labelled")
    ax.scatter(*X[chosen].T, s=70, facecolors="none", edgecolors="#D55E00", linewidths=1.6,
               label="asked for")  # fmt: skip
    ax.set_title(type(strategy).__name__, loc="left")
    ax.set(xticks=[], yticks=[])
axes[0, 0].legend(loc="lower left", frameon=True, fontsize=8)
plt.show()
