"""
Rate and gate: the race of the rounds
=====================================

How many rows a round makes, what held-out real rows say of it, and which round is kept.
"""

# %%
# A table with 80 labels and a tree.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.plotting import SynthesisHistoryDisplay
from sklearn_synda.validation import AdaptiveRate, CrossValidation

X, y = load_breast_cancer(return_X_y=True)
X, _, y, _ = train_test_split(X, y, train_size=80, random_state=0, stratify=y)

# %%
# ``AdaptiveRate`` makes fewer rows when the loss falls and more when it stands still; a round must
# beat the plain model by half a standard error to be kept. A committee of two keeps this short.
members = [
    ExtraTreesClassifier(25),
    make_pipeline(StandardScaler(), LogisticRegression()),
]
model = ActiveSynthesisClassifier(
    DecisionTreeClassifier(max_depth=4),
    labeler=CommitteeLabeler(members),
    rate=AdaptiveRate(initial_rate=1.0),
    validation=CrossValidation(n_splits=5, min_gain=0.5),
    max_iter=6,
    random_state=0,
).fit(X, y)
print(f"stopped: {model.termination_condition_} after {model.n_iter_} rounds")
print(f"kept: round {model.best_iteration_}")

# %%
# The line is the mean loss on held-out real rows, the dashed line the model as it is.
SynthesisHistoryDisplay.from_estimator(model)
plt.show()
