"""
A share of the labels for each group
====================================

Margin asks where the model is unsure. Here that is nearly always in one group.
"""

# %%
# Two groups; in the small one the classes are easy to tell, in the large one they overlap.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.query import GroupQuotaQuery, MarginQuery

rng = np.random.RandomState(0)
group = np.where(rng.random_sample(500) < 0.2, "small", "large")
y = rng.randint(2, size=500)
X = rng.normal(size=(500, 2))
X[:, 0] += (2 * y - 1) * np.where(group == "small", 2.5, 0.7)
X[:, 1] += np.where(group == "small", 4.0, 0.0)
known, pool = np.arange(30), np.arange(30, 500)

# %%
# The same pool, the same model, thirty rows each.
strategies = {
    "margin": MarginQuery(),
    "equal shares": GroupQuotaQuery(MarginQuery()),
    "shares of the pool": GroupQuotaQuery(MarginQuery(), quota="pool"),
}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharex=True, sharey=True)
for ax, (name, strategy) in zip(axes, strategies.items(), strict=True):
    model = ActiveSynthesisClassifier(
        LogisticRegression(), query_strategy=strategy, max_iter=0, random_state=0
    ).fit(X[known], y[known])
    asked = pool[model.query(X[pool], 30, sensitive_features=group[pool])]
    for label, marker in (("large", "o"), ("small", "^")):
        rows = pool[group[pool] == label]
        ax.scatter(*X[rows].T, c=y[rows], cmap="coolwarm", s=9, marker=marker, alpha=0.5)
    ax.scatter(*X[asked].T, s=60, facecolors="none", edgecolors="#333333", label="asked for")
    ax.set_title(f"{name}: {np.mean(group[asked] == 'small'):.0%} of the small group", loc="left")
    ax.set(xticks=[], yticks=[])
axes[0].legend(loc="lower right", frameon=True, fontsize=8)
plt.show()
