"""
Patients who judge a model that has met them
============================================

Six visits of each of twenty patients. If a patient's visits are learnt from and held out at once,
the held-out loss promises what no new patient will see.
"""

# %%
# What is measured of a patient changes little from visit to visit; illness hangs on one of ten
# columns, and not only on that.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.validation import held_out_loss


def visits(n_patients, rng):
    of_patient = rng.normal(size=(n_patients, 10))
    ill = (of_patient[:, 0] + rng.normal(size=n_patients) > 0).astype(int)
    patient = np.repeat(np.arange(n_patients), 6)
    return of_patient[patient] + 0.1 * rng.normal(size=(len(patient), 10)), ill[patient], patient


rng = np.random.RandomState(0)
X, y, patient = visits(20, rng)
X_new, y_new, _ = visits(300, rng)

# %%
# The same fit twice; the second time it is told whose visit a row is.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
for ax, groups in zip(axes, (None, patient), strict=True):
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(min_samples_leaf=3, random_state=0), random_state=0
    )
    model.fit(X, y, **({} if groups is None else {"groups": groups}))
    history, best = model.history_, model.best_iteration_
    truth = held_out_loss(model.estimator_, X_new, y_new).mean()
    ax.errorbar(history["iteration"], history["loss"], history["loss_std"], marker="o", capsize=3,
                color="#2a6f97", label="held-out visits")  # fmt: skip
    ax.plot(best, truth, "D", color="#c1554d", label=f"new patients: {truth:.2f}")
    ax.set_title("row by row" if groups is None else "patient by patient", loc="left")
    ax.set(xlabel="round", xticks=history["iteration"])
    ax.legend(frameon=False)
axes[0].set(ylabel="log-loss", ylim=(0, None))
plt.show()
