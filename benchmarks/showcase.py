"""One fit to look at: which rows were made, from which parents, and where they lie."""

import numpy as np
import pandas as pd
import tables
from models import build
from splits import CannotSplit, random_seed, split

N_SHOWN = 5


def show(cells, folder, path):
    """Text naming the first synthetic rows, and the path of an uncertainty map (or None).

    Takes the cells of active synthesis in turn, the largest tables first, until one keeps
    synthetic rows: where validation keeps the plain model there is nothing to show.
    """
    seen = dict.fromkeys((c.set, c.size, c.model) for c in cells if c.task == "classification")
    text = "No cell kept synthetic rows: the plain models stood."
    for name, size, model in list(seen)[::-1][:4]:
        fitted, X, y = _fit(name, size, model, folder)
        if fitted is not None and fitted.best_iteration_ > 0:
            title = f"{model} on {name}, {len(y)} labelled rows"
            return f"{title}\n{named_rows(fitted)}", _draw(fitted, X, y, path)
    return text, None


def _fit(name, size, model, folder):
    from sklearn_synda import ActiveSynthesisClassifier

    table = tables.load(name, folder)
    try:
        part = split(table, np.unique(table.y, return_inverse=True)[1], size, 0)
    except CannotSplit:
        return None, None, None
    y = np.unique(table.y)[part.y]  # class names, as a user would pass them
    seed = random_seed(name, size, 0) % 2**31
    estimator = ActiveSynthesisClassifier(build(model, table.task, seed), random_state=seed)
    return estimator.fit(part.X, y), part.X, y


def named_rows(fitted):
    """The provenance of the first synthetic rows, as a table."""
    frame = fitted.provenance_.to_frame()
    made = frame[frame["round"] > 0]
    with pd.option_context("display.width", 200, "display.precision", 3):
        lines = made.head(N_SHOWN).to_string(index=False)
    return f"{lines}\n... {len(made)} weighted synthetic rows in all"


def _draw(fitted, X, y, path):
    try:
        from sklearn_synda.plotting import UncertaintyMapDisplay
    except ImportError as error:
        print(f"no uncertainty map: {error}")
        return None
    import matplotlib as mpl

    mpl.use("Agg")
    display = UncertaintyMapDisplay.from_estimator(fitted, X, y)
    display.figure_.savefig(path, dpi=120, bbox_inches="tight")
    return path
