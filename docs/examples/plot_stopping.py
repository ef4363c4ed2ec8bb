"""
When to stop labelling
======================

A simulated loop, its learning curve, what the rules watch, and where each of them stops.
"""

# %%
# Digits, twenty labels at first, ten more a round by margin. A fixed part of the pool is watched.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.active_learning import (
    ErrorStabilityStopping,
    ForecastStopping,
    KappaStopping,
    UncertaintyStopping,
)

X, y = load_digits(return_X_y=True)
order = np.random.RandomState(0).permutation(len(y))
pool, test = order[:1200], order[1200:]
watched, labeled = pool[:300], pool[:20]
history = {"n_labeled": [], "predictions": [], "proba": [], "uncertainty": [], "accuracy": []}
while len(labeled) <= 300:
    model = ActiveSynthesisClassifier(LogisticRegression(max_iter=500), max_iter=0, random_state=0)
    model.fit(X[labeled] / 16, y[labeled])
    free = np.setdiff1d(pool, labeled)
    proba = np.zeros((300, 10))
    proba[:, model.classes_] = model.predict_proba(X[watched] / 16)
    history["n_labeled"].append(len(labeled))
    history["predictions"].append(model.predict(X[watched] / 16))
    history["proba"].append(proba)
    history["uncertainty"].append(1 - model.predict_proba(X[free] / 16).max(axis=1).mean())
    history["accuracy"].append(model.score(X[test] / 16, y[test]))
    labeled = np.concatenate([labeled, free[model.query(X[free] / 16, 10)]])

# %%
# A rule is asked after every round.
rules = {
    "error stability": ErrorStabilityStopping(0.1),
    "kappa": KappaStopping(0.98),
    "forecast": ForecastStopping(0.03),
    "uncertainty": UncertaintyStopping(0.25),
}
stops = {}
for name, rule in rules.items():
    for k in range(len(history["n_labeled"])):
        reason = rule.should_stop({key: values[: k + 1] for key, values in history.items()})
        if reason:
            stops[name] = k
            print(f"{name}, {history['n_labeled'][k]} labels: {reason}")
            break

figure, (top, bottom) = plt.subplots(2, figsize=(7, 6), sharex=True, layout="constrained")
n_labeled, proba = history["n_labeled"], np.array(history["proba"])
top.plot(n_labeled, history["accuracy"], color="#333333")
colours = dict(zip(rules, ("#D55E00", "#0072B2", "#009E73", "#CC79A7"), strict=True))
for i, (name, k) in enumerate(stops.items()):
    top.axvline(n_labeled[k], color=colours[name], linestyle="--")
    top.annotate(name, (n_labeled[k] + 2, 0.6 + 0.07 * i), color=colours[name])
top.set(ylabel="Held-out accuracy")
bound = np.abs(np.diff(proba, axis=0)).max(axis=2).mean(axis=1)
moved = np.abs(np.diff(proba[:, np.arange(300), y[watched]].mean(axis=1)))
bottom.plot(
    n_labeled[1:],
    bound,
    color=colours["error stability"],
    label="bound on the change, no labels needed",
)
bottom.plot(
    n_labeled[1:], moved, color="#333333", label="change of the mean probability of the true class"
)
bottom.set(xlabel="Labels", ylabel="A round")
bottom.legend(frameon=False)
plt.show()
