"""
Federated training: five clinics, one model, and rows that stay where they are
==============================================================================

Every clinic trains the common model on its own rows and sends back parameters; a server averages
them. The curves show the loss on rows that no clinic has: each clinic alone, the federation, and
one model for all rows, which needs rows that may leave.
"""

# %%
# Few rows at each clinic, and other shares of the two classes at each.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda.federated import FederatedClient, average_updates

X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, train_size=150, random_state=0, stratify=y)
rng = np.random.default_rng(0)
clinic = np.empty(len(y), dtype=int)
for label in (0, 1):
    rows = np.flatnonzero(y == label)
    clinic[rows] = rng.choice(5, size=len(rows), p=rng.dirichlet(np.full(5, 0.5)))
for name in range(5):
    print(f"clinic {name}: {(clinic == name).sum()} rows, {(y[clinic == name] == 1).sum()} benign")

# %%
# The scaler is fitted once, on rows that may be shared, and frozen: it is the same at every clinic.
# A client whose rows are used for nothing else is the judge.
scaler = FrozenEstimator(StandardScaler().fit(X_test[:100]))
model = make_pipeline(
    scaler, SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.03, alpha=1e-3)
)


def client(rows, targets):
    return FederatedClient(model, rows, targets, classes=[0, 1], random_state=0)


judge = client(X_test[100:], y_test[100:])


def curve(members, n_rounds=30):
    """Loss of the common model on the judge's rows, round by round."""
    parameters = next(iter(members.values())).get_parameters()
    losses = [judge.evaluate(parameters)]
    for _ in range(n_rounds):
        updates = {name: member.update(parameters) for name, member in members.items()}
        parameters = average_updates(updates)
        losses.append(judge.evaluate(parameters))
    return losses


# %%
# A clinic alone, or all rows in one place, is a federation of one.
clinics = {name: (X[clinic == name], y[clinic == name]) for name in np.unique(clinic)}
alone = [curve({name: client(*rows)}) for name, rows in clinics.items()]
federated = curve({name: client(*rows) for name, rows in clinics.items()})
pooled = curve({"all": client(X, y)})

figure, axes = plt.subplots(layout="constrained", figsize=(6, 4))
for losses in alone:
    axes.plot(losses, color="0.75", label="a clinic alone" if losses is alone[0] else None)
axes.plot(federated, color="#0072B2", label="federation")
axes.plot(pooled, color="#D55E00", linestyle="--", label="all rows pooled")
axes.set(xlabel="round", ylabel="log-loss on new rows", ylim=(0, 0.7))
axes.legend(frameon=False)
plt.show()
