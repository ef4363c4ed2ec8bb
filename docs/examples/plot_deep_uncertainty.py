"""
What a net does not know
========================

The same small net, asked in six ways. Dark is less certain.
"""

# %%
# Two half moons, on a plane with corners in which no row was seen.
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_moons
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    CommitteeUncertainty,
    ConformalUncertainty,
    LossPredictionUncertainty,
    MCDropoutUncertainty,
)

torch.set_num_threads(1)
X, y = make_moons(150, noise=0.2, random_state=0)


# %%
# One hidden layer with dropout, as a skorch net behind a change of dtype.
def layers():
    return nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Dropout(0.2), nn.Linear(50, 2))


net = make_pipeline(
    FunctionTransformer(np.float32),
    NeuralNetClassifier(
        layers, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=0.02, max_epochs=40,
        batch_size=50, iterator_valid__batch_size=2000, train_split=None, verbose=0,
    ),
)  # fmt: skip

# %%
# Dropout, a Gaussian last layer and five seeds disagree where the net has seen too little. A net
# of Gaussian weights does so by itself. The head knows where the loss was large, and the
# conformal level where the classes overlap.
ways = {
    "MC dropout": MCDropoutUncertainty(net, random_state=0),
    "last-layer Laplace": BayesianUncertainty(net, random_state=0),
    "deep ensemble": CommitteeUncertainty(net, n_estimators=5, bootstrap=False, random_state=0),
    "variational": BayesianUncertainty(method="variational", max_epochs=100, random_state=0),
    "loss prediction": LossPredictionUncertainty(net, random_state=0),
    "conformal level": ConformalUncertainty(net, n_splits=3, random_state=0),
}

# %%
across, up = np.meshgrid(np.linspace(-3, 4, 50), np.linspace(-2.5, 3, 40))
grid = np.column_stack([across.ravel(), up.ravel()])

figure, axes = plt.subplots(2, 3, figsize=(12, 6.4), layout="constrained", sharex=True, sharey=True)
for ax, (name, way) in zip(axes.flat, ways.items(), strict=True):
    unsure = way.fit(X, y).predict_uncertainty(grid).reshape(across.shape)
    field = ax.pcolormesh(across, up, unsure, cmap="viridis_r", shading="auto", rasterized=True)
    for label, marker in ((0, "o"), (1, "s")):
        of = X[y == label].T
        ax.scatter(*of, marker=marker, s=14, color="white", edgecolors="0.2", linewidths=0.6)
    ax.set_title(name, loc="left")
    figure.colorbar(field, ax=ax, aspect=30)
figure.suptitle("Uncertainty of new rows: one net, six ways to ask")
plt.show()
