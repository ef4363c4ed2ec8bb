"""
What a model is unsure about
============================

Attributions of the uncertainty: a line for each column, a dot for each row.
"""

# %%
# Wines of three growers. A logistic regression that has seen thirty of them.
import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.plotting import UncertaintyAttributionDisplay

X, y = load_wine(return_X_y=True, as_frame=True)
X, X_new, y, _ = train_test_split(X, y, train_size=30, stratify=y, random_state=0)
model = ActiveSynthesisClassifier(
    make_pipeline(StandardScaler(), LogisticRegression()), max_iter=1, random_state=0
).fit(X, y)

# %%
# Right of zero: the value makes the wine less certain than the thirty are. Dark: a large value.
UncertaintyAttributionDisplay.from_estimator(model, X_new, n_repeats=20, random_state=0)
plt.show()
