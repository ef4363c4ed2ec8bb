"""Seconds to make rows by saliency around a net: by gradients, and step by step.

python benchmarks/speed/saliency.py > benchmarks/results/saliency_speed.txt
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from nets import net, seed_torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda.synthesis import SaliencyPerturbationSynthesizer
from sklearn_synda.uncertainty import PredictiveUncertainty

N_ROWS, N_COLUMNS, REPETITIONS = 500, 20, 5


def main():
    seed_torch(0)
    X = np.random.RandomState(0).normal(size=(N_ROWS, N_COLUMNS)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    model = make_pipeline(StandardScaler(), net("classification"))
    unsure = PredictiveUncertainty(model, random_state=0).fit(X, y)
    print(f"{N_ROWS} rows of {N_COLUMNS} columns, one thread, best of {REPETITIONS}")
    for saliency in ("step", "gradient"):
        maker = SaliencyPerturbationSynthesizer(saliency=saliency).fit(X, y)
        seconds = []
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            maker.sample(np.arange(N_ROWS), guide=unsure.predict_uncertainty, random_state=0)
            seconds.append(time.perf_counter() - start)
        print(f"{saliency:>8}: {min(seconds):.3f} s")


if __name__ == "__main__":
    main()
