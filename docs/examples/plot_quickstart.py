"""
Quickstart: a model before and after
====================================

A table of 60 labelled rows, a model, and the same model with rows made where it is unsure. The
picture is the map of the table: dark rows are those the model is least certain of, triangles are
made rows.
"""

# %%
# A table with few labels. The rest of the rows is kept for the test: no row of it is seen by
# ``fit``.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.plotting import UncertaintyMapDisplay
from sklearn_synda.validation import CrossValidation

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=60, random_state=0, stratify=y)

# %%
# The model. LightGBM asks for 20 rows in a leaf unless told otherwise, which is too many for 60
# rows; what we compare with should be set for few rows too.
try:
    from lightgbm import LGBMClassifier

    estimator = LGBMClassifier(
        n_estimators=40, min_child_samples=3, n_jobs=1, verbose=-1, random_state=0
    )
except ImportError:
    from sklearn.tree import DecisionTreeClassifier

    estimator = DecisionTreeClassifier(min_samples_leaf=3, random_state=0)

# %%
# Before and after. One round and three folds keep this short.
before = estimator.fit(X_train, y_train)
after = ActiveSynthesisClassifier(
    estimator, validation=CrossValidation(n_splits=3), max_iter=1, random_state=0
).fit(X_train, y_train)
for name, model in {"before": before, "after": after}.items():
    proba = model.predict_proba(X_test)
    auc, loss = roc_auc_score(y_test, proba[:, 1]), log_loss(y_test, proba)
    print(f"{name:>6}: AUC {auc:.3f}, log-loss {loss:.3f}")
print(f"kept: round {after.best_iteration_} of {after.n_iter_} ({after.termination_condition_})")

# %%
# Every training row says where it comes from.
print(after.provenance_.to_frame().query("round > 0").head())

# %%
# And which rows should be labelled next:
print(X_test.iloc[after.query(X_test, batch_size=3), :3])

# %%
# The map. One split of one table proves nothing: see the study in ``benchmarks/``.
display = UncertaintyMapDisplay.from_estimator(after, X_train, y_train, random_state=0)
display.ax_.set_title("60 real rows and the rows made around them", loc="left", pad=28)
plt.show()
