"""One fit to look at: which rows were made, from which parents, and where they lie."""

import numpy as np
import pandas as pd
import tables
from models import build
from splits import random_seed, split

N_SHOWN = 5


def show(rows, folder, path):
    """Text naming the first synthetic rows, and the path of an uncertainty map (or None).

    Repeats the first fit on the most rows that kept synthetic ones; where validation kept the
    plain model everywhere there is nothing to show.
    """
    fits = rows[(rows["task"] == "classification") & (rows["method"] == "active_synthesis")]
    fits = fits[(fits["metric"] == "best_iteration") & (fits["value"] > 0)]
    if fits.empty:
        return "Nothing to show: validation kept the plain model in every fit.", None
    cell = fits.sort_values(["seed", "n_train"], ascending=[True, False], kind="stable").iloc[0]
    fitted, X, y = _repeat(cell, folder)
    title = f"{cell['model']} on {cell['set']}, {len(y)} labelled rows"
    return f"{title}\n{named_rows(fitted)}", _draw(fitted, X, y, path)


def _repeat(cell, folder):
    from sklearn_synda import ActiveSynthesisClassifier

    table = tables.load(cell["set"], folder)
    classes, codes = np.unique(table.y, return_inverse=True)
    part = split(table, codes, cell["size"], cell["seed"])
    seed = random_seed(cell["set"], cell["size"], cell["seed"]) % 2**31
    model = build(cell["model"], table.task, seed)
    y = classes[part.y]  # class names, as a user would pass them
    return ActiveSynthesisClassifier(model, random_state=seed).fit(part.X, y), part.X, y


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
