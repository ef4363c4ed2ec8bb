"""
Two quantiles of a boosted model, from 80 patients
==================================================

Boosted trees fitted on the pinball loss of 80 rows follow those rows: far fewer than eight in ten
new patients lie between their 10% and their 90% quantile.
"""

# %%
# One model a quantile, alone and with made rows, which the committee labels with that quantile.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from sklearn_synda import ActiveSynthesisRegressor

X, X_new, y, y_new = train_test_split(
    *load_diabetes(return_X_y=True), train_size=80, random_state=0
)
alone, with_made_rows = [], []
for quantile in (0.1, 0.9):
    boosted = HistGradientBoostingRegressor(
        loss="quantile", quantile=quantile, min_samples_leaf=5, random_state=0
    )
    alone.append(clone(boosted).fit(X, y).predict(X_new))
    model = ActiveSynthesisRegressor(boosted, random_state=0).fit(X, y)
    with_made_rows.append(model.predict(X_new))

# %%
# New patients, in the order of the middle of their interval.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
titles = "the model alone", "with made rows"
for ax, title, (low, high) in zip(axes, titles, (alone, with_made_rows), strict=True):
    order = np.argsort(low + high)
    inside = (low <= y_new) & (y_new <= high)
    ax.vlines(np.arange(len(order)), low[order], high[order], color="#a9c5d8", lw=1)
    for is_in, color in ((inside, "#2a6f97"), (~inside, "#c1554d")):
        ax.plot(np.flatnonzero(is_in[order]), y_new[order][is_in[order]], ".", ms=4, color=color)
    ax.set_title(f"{title}: {inside.mean():.0%} inside", loc="left")
    ax.set(xlabel="new patients")
axes[0].set(ylabel="disease progression")
plt.show()
