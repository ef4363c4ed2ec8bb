"""
The labels each labeler gives
=============================

The same made rows, four labelers. Colour is the class, size the trust. Rows mixed of both classes
may lie on either side of the boundary, where an inherited label may well be wrong.
"""

# %%
# Sixty real rows; made rows mix any two of them.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda.labeling import (
    CommitteeLabeler,
    InheritLabeler,
    PropagationLabeler,
    PseudoLabeler,
)
from sklearn_synda.synthesis import MixingSynthesizer

X, y = make_moons(60, noise=0.2, random_state=0)
maker = MixingSynthesizer(mixing_rate=0.5).fit(X, y)
batch = maker.sample(np.resize(np.arange(60), 240), random_state=0)

# %%
# ``InheritLabeler`` looks at the parents, ``PseudoLabeler`` at a tree that has not seen them,
# ``PropagationLabeler`` at the neighbours, ``CommitteeLabeler`` at several models that have not
# seen them. The last two give soft labels: the colour runs from one class to the other.
labelers = [
    InheritLabeler(),
    PseudoLabeler(DecisionTreeClassifier(min_samples_leaf=3), random_state=0),
    PropagationLabeler(),
    CommitteeLabeler(random_state=0),
]
figure, axes = plt.subplots(2, 2, figsize=(9, 6.8), layout="constrained", sharex=True, sharey=True)
for ax, labeler in zip(axes.flat, labelers, strict=True):
    labeled = labeler.fit(X, y).label(batch)
    share = labeled.y if labeled.proba is None else labeled.proba[:, 1]
    marks = ax.scatter(*labeled.X.T, c=share, s=6 + 34 * labeled.trust, cmap="coolwarm", vmin=0,
                       vmax=1, marker="^", linewidths=0)  # fmt: skip
    ax.scatter(*X.T, c=y, cmap="coolwarm", s=22, edgecolors="#333333", linewidths=0.8)
    ax.set_title(type(labeler).__name__, loc="left")
    ax.set(xticks=[], yticks=[])
figure.colorbar(marks, ax=axes, label="class 1", aspect=40)
figure.suptitle("Real rows (dots) and made rows (triangles; larger = more trusted)")
plt.show()
