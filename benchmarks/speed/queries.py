"""How long a query takes, as a multiple of the model's own ``predict_proba`` on the same pool.

One run, ratios within it; peak memory is what the query allocates beside the pool.

    python benchmarks/speed/queries.py [--rows 100000] [--features 20]
"""

import argparse
import time
import tracemalloc

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier, query
from sklearn_synda.utils import Pool

ONE_BY_ONE = [query.MarginQuery(), query.EntropyQuery(), query.LeastConfidentQuery()]
DIVERSE = [
    query.KCenterQuery(),
    query.ClusterQuery(),
    query.DensityQuery(),
    query.BADGEQuery(),
    query.TypiClustQuery(),
    query.ClusterMarginQuery(),
]


def fastest(call, repeats):
    """Seconds of the fastest of some calls."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def peak_memory(call):
    """Megabytes that a call allocates at its peak."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measure(model, X, y, X_pool, strategies, batch_sizes, repeats=3):
    """One line a strategy and batch size."""
    fitted = ActiveSynthesisClassifier(model, max_iter=0, random_state=0).fit(X, y)
    own = fastest(lambda: fitted.predict_proba(X_pool), repeats)
    print(f"\n{type(model).__name__}: predict_proba of {len(X_pool)} rows {own:.3f} s")
    for strategy in strategies:
        for batch_size in batch_sizes:
            fitted.query_strategy = strategy

            def ask(batch_size=batch_size):
                return fitted.query(X_pool, batch_size=batch_size)

            seconds = fastest(ask, repeats)
            print(f"  {type(strategy).__name__:<22}{batch_size:>6}{seconds:>9.3f} s"
                  f"{seconds / own:>9.2f} x{peak_memory(ask):>9.0f} MB", flush=True)  # fmt: skip


def batch_bald(n_rows=10_000, n_classes=4, n_members=20, batch_size=10):
    """Seconds of BatchBALD on a committee's class probabilities."""
    logits = np.random.default_rng(0).normal(size=(n_members, n_rows, n_classes)) * 2
    members = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    pool = Pool(np.zeros((n_rows, 1)), members=lambda: members)
    strategy = query.BatchBALDQuery()
    seconds = fastest(lambda: strategy.query(pool, batch_size, random_state=0), 3)
    print(f"\nBatchBALD, {n_rows} rows x {n_classes} classes x {n_members} members,"
          f" batch {batch_size}: {seconds:.2f} s")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=20)
    args = parser.parse_args()
    X, y = make_classification(
        args.rows + 1000, args.features, n_informative=10, n_classes=3, random_state=0
    )
    X, y, X_pool = X[:1000], y[:1000], X[1000:]
    logistic, forest = LogisticRegression(max_iter=1000), RandomForestClassifier(random_state=0)
    measure(logistic, X, y, X_pool, ONE_BY_ONE, [1, 1000])
    measure(forest, X, y, X_pool, [query.MarginQuery(), *DIVERSE], [50])
    batch_bald()


if __name__ == "__main__":
    main()
