"""A query of a pool in blocks: time beside the model's own ``predict_proba``, and peak memory.

The pool is a Parquet file, written by another process, or blocks that are made as they are asked
for. Time is that of the query over that of reading the same blocks and predicting for them. Memory
is the highest the resident set has been so far, and by how much it grew over the one before any
block was read; and the peak of what numpy and Python allocate in a query.

    python benchmarks/speed/blocks.py [--rows 1000000] [--features 50] [--block 50000]
"""

import argparse
import resource
import tempfile
import time
import tracemalloc
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.query import ClusterQuery, MarginQuery, ShortlistQuery, parquet_blocks


def blocks_of(n_rows, n_features, block):
    """Rows with three classes that overlap, the same ones whenever they are asked for."""
    names = [f"x{j}" for j in range(n_features)]
    for k, start in enumerate(range(0, n_rows, block)):
        rows = np.random.default_rng(k).normal(size=(min(block, n_rows - start), n_features))
        yield pd.DataFrame(rows, columns=names)


def write(path, shape):
    """A Parquet file, one row group a block."""
    writer = None
    for frame in blocks_of(*shape):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak_resident():
    """Megabytes the process has held at its peak."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def traced(call):
    """Megabytes that numpy and Python allocate at the peak of a call."""
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return found


def measure(fitted, source, of, repeats, base):
    """One line a strategy: the fastest of some queries over the fastest of as many readings."""

    def predict():
        for frame in source():
            fitted.predict_proba(frame)

    own = min(seconds(predict) for _ in range(repeats))
    model = type(fitted.estimator).__name__
    print(f"\n{model}, {of}: reading and predict_proba {own:.2f} s")
    for strategy in (MarginQuery(), ShortlistQuery(ClusterQuery(), MarginQuery())):
        fitted.query_strategy = strategy

        def ask():
            return fitted.query(source(), 100)

        found, peak = min(seconds(ask) for _ in range(repeats)), peak_resident()
        print(
            f"  {type(strategy).__name__:<16}{found:>8.2f} s{found / own:>7.2f} x   resident peak"
            f" {peak:.0f} MB (+{peak - base:.0f})   traced peak {traced(ask):.0f} MB",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=50)
    parser.add_argument("--block", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--models", default="logistic,forest")
    args = parser.parse_args()
    shape = args.rows, args.features, args.block
    X = next(blocks_of(1000, args.features, 1000))
    y = np.digitize(X["x0"] + X["x1"], [-0.5, 0.5])
    size = args.rows * args.features * 8 / 2**20
    models = {
        "logistic": LogisticRegression(max_iter=1000),
        "forest": RandomForestClassifier(20, random_state=0),
    }
    fitted = {
        name: ActiveSynthesisClassifier(models[name], max_iter=0, random_state=0).fit(X, y)
        for name in args.models.split(",")
    }
    base = peak_resident()
    print(f"a pool of {args.rows:,} x {args.features}, {size:.0f} MB as floats, blocks of"
          f" {args.block:,}; the process holds {base:.0f} MB")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.parquet")
        writer = get_context("spawn").Process(target=write, args=(path, shape))
        writer.start()
        writer.join()
        sources = {
            "blocks that are made": lambda: blocks_of(*shape),
            "a Parquet file": lambda: parquet_blocks(path, block_size=args.block),
        }
        for model in fitted.values():
            for of, source in sources.items():
                measure(model, source, of, args.repeats, base)


if __name__ == "__main__":
    main()
