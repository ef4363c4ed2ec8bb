"""One cell of the study: a set, a size, a seed, a model, a method -> rows of numbers."""

import pickle
import time
import warnings
from typing import NamedTuple

import numpy as np
import scores
import tables
from errors import CannotSplit
from methods import METHODS, WITHOUT_MODEL, count_synthetic
from models import build
from sklearn.exceptions import ConvergenceWarning
from splits import random_seed, split

COLUMNS = ["set", "task", "size", "n_train", "seed", "model", "method", "metric", "value"]
LAST_METRIC = "predict_seconds"  # a cell without this row was cut off


class Cell(NamedTuple):
    set: str
    task: str
    size: str  # "30", "0.1", or "all" for the ceiling
    seed: int
    model: str
    method: str


class Outcome(NamedTuple):
    cell: Cell
    rows: list
    reason: str = ""  # why there are no rows
    failed: bool = False  # an error, not a lack of rows


def all_cells(names, models, methods, sizes, seeds):
    """Every cell, seed by seed: a study cut short has fewer seeds, not fewer sets.

    ``names`` maps a set to its task; ``models`` and ``methods`` map a task to names.
    """
    cells = []
    for seed in range(seeds):
        for size in sizes:
            for name, task in names.items():
                for position, model in enumerate(models[task]):
                    for method in methods[task]:
                        if method in WITHOUT_MODEL and position:
                            continue
                        cells.append(_cell(name, task, size, seed, model, method))
    return list(dict.fromkeys(cells))


def _cell(name, task, size, seed, model, method):
    model = "-" if method in WITHOUT_MODEL else model
    return Cell(name, task, "all" if method == "full" else size, seed, model, method)


def run_cell(cell, folder):
    """Train and measure; an error in one cell does not end the study."""
    try:
        with warnings.catch_warnings():
            _quiet()
            return Outcome(cell, _rows(cell, folder))
    except CannotSplit as reason:
        return Outcome(cell, [], str(reason))
    except Exception as error:  # noqa: BLE001  told to the user, listed on the page, exit code 1
        return Outcome(cell, [], f"{type(error).__name__}: {error}", failed=True)


def _quiet():
    """Warnings a study of thousands of fits would drown in; a user still sees them."""
    # the MLP at few rows: stopping at max_iter is part of the model as compared
    warnings.simplefilter("ignore", ConvergenceWarning)
    # models without sample_weight (the skorch net, a scaled target) are served by resampling
    from sklearn_synda.exceptions import SampleWeightWarning

    warnings.simplefilter("ignore", SampleWeightWarning)


def _rows(cell, folder):
    table = tables.load(cell.set, folder)
    classifying = table.task == "classification"
    classes, y = np.unique(table.y, return_inverse=True) if classifying else (None, table.y)
    part = split(table, np.asarray(y), cell.size, cell.seed)
    seed = random_seed(cell.set, cell.size, cell.seed) % 2**31
    model = None if cell.model == "-" else build(cell.model, table.task, seed)

    start = time.perf_counter()
    fitted = METHODS[cell.method](model, part.X, part.y, part.X_unlabeled, seed)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    if classifying:
        proba = scores.class_probabilities(fitted, part.X_test, len(classes))
        said = scores.said_classes(fitted, part.X_test)
        values = scores.classification_scores(part.y_test, proba, said)
    else:
        values = scores.regression_scores(part.y_test, fitted.predict(part.X_test))
    predict_seconds = time.perf_counter() - start

    values["n_made"] = count_synthetic(fitted)
    values["best_iteration"] = getattr(fitted, "best_iteration_", 0)
    values["stored_bytes"] = len(pickle.dumps(fitted))
    values["fit_seconds"] = fit_seconds
    values[LAST_METRIC] = predict_seconds
    key = [cell.set, cell.task, cell.size, len(part.y), cell.seed, cell.model, cell.method]
    return [[*key, metric, f"{value:.6g}"] for metric, value in values.items()]
