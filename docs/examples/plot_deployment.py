"""
What a model costs
==================

One model in four forms: as it is, as a file, as a file with 8 bits a weight, and as a student that
was taught its answers.
"""

# %%
# A net of two layers, fitted on 600 rows.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda import deploy

X, y = make_classification(1200, 40, n_informative=15, random_state=0)
net = MLPClassifier((128, 64), max_iter=200, early_stopping=True, random_state=0)
net = make_pipeline(StandardScaler(), net).fit(X[:600], y[:600])

# %%
# A file is compared with the model, row by row, before it is left behind.
folder = Path(tempfile.mkdtemp())
for name, quantization in (("float32", "none"), ("int8", "int8")):
    print(deploy.export(net, folder / f"{name}.onnx", X[600:], quantization=quantization))

# %%
# The student learns the net's probabilities, not the targets.
student = deploy.distill(net, X[:600], student=LogisticRegression(), random_state=0)
print(student)

# %%
# The table of what they cost, on rows none of them has seen.
forms = {
    "model": net,
    "file": folder / "float32.onnx",
    "file, int8": folder / "int8.onnx",
    "student": student.estimator,
}
report = deploy.efficiency_report(forms, X[600:], y[600:], memory=False, n_repeats=5)

figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained", sharey=True)
panels = {
    "kilobytes": report["n_bytes"] / 1e3,
    "milliseconds for 1,000 rows": report["seconds_1000"] * 1e3,
    "AUC": report["score"],
}
for ax, (title, values) in zip(axes, panels.items(), strict=True):
    bars = ax.barh(np.arange(len(forms)), values, color="#0072B2")
    ax.bar_label(bars, fmt="%.3g", padding=3)
    ax.set_title(title, loc="left")
    ax.set_yticks(np.arange(len(forms)), list(forms))
    ax.margins(x=0.25)
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
axes[0].invert_yaxis()
plt.show()
