"""
Learning curves of query strategies
===================================

Labelling simulated on a table whose labels are known: the score of the same model as labels are
added, by strategy, and the share of the labels of random rows that each saves.
"""

# %%
# Margins against random rows and against rows far from one another.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda.model_selection import compare
from sklearn_synda.plotting import LabelSavingsDisplay, LearningCurveDisplay
from sklearn_synda.query import KCenterQuery, MarginQuery

X, y = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), LogisticRegression())
found = compare(
    model, X, y, {"margin": MarginQuery(), "k-center": KCenterQuery()},
    budgets=[10, 15, 20, 30, 40, 60, 80, 120], n_seeds=5, scoring="roc_auc",
)  # fmt: skip

# %%
# Bands are one standard error over the seeds, bars 90 % intervals over resampled seeds.
figure, axes = plt.subplots(1, 2, figsize=(13, 4.5), layout="constrained")
LearningCurveDisplay.from_comparison(found, ax=axes[0])
LabelSavingsDisplay.from_comparison(found, random_state=0, ax=axes[1])
axes[0].set_ylabel("AUC on held-out rows")
plt.show()
