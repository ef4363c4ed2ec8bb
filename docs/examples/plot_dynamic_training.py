"""
Dynamic training: rows made where a net is unsure at that moment
================================================================

A learner with ``partial_fit`` learns batch by batch; to each batch come made rows around its rows,
drawn where the learner is unsure right then. Held-out rows choose the epoch, and the plain learner
stands unless it is beaten.
"""

# %%
# A table with 100 labels, and a small multi-layer perceptron that overfits it.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_synda.dynamic import DynamicSynthesisClassifier

X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, train_size=60, random_state=1, stratify=y)
scaler = StandardScaler().fit(X)
X, X_test = scaler.transform(X), scaler.transform(X_test)
net = MLPClassifier((64,), learning_rate_init=0.02, random_state=0)

# %%
# Both ways are run on the same folds. ``history_`` has their held-out losses, and what the dynamic
# one did.
model = DynamicSynthesisClassifier(net, max_iter=30, n_iter_no_change=30, random_state=0)
model.fit(X, y)
print("dynamic training kept:", model.is_dynamic_, "- epochs:", model.n_iter_)
for name, fitted in (("MLPClassifier.fit", net.fit(X, y)), ("dynamic training", model)):
    print(f"test log-loss, {name}: {log_loss(y_test, fitted.predict_proba(X_test)):.3f}")

# %%
# Above, the losses on held-out rows; below, how unsure the net is of the real rows, epoch by epoch.
history = model.history_
figure, (above, below) = plt.subplots(2, sharex=True, layout="constrained", figsize=(6, 5))
above.plot(history["epoch"], history["plain_loss"], label="plain", color="0.6")
above.plot(history["epoch"], history["loss"], label="dynamic", color="#0072B2")
above.set(ylabel="held-out log-loss")
above.legend(frameon=False)
below.plot(history["epoch"], history["uncertainty"], color="#D55E00")
below.set(xlabel="epoch", ylabel="mean uncertainty")
plt.show()
