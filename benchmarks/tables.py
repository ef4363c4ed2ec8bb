"""Real tables, as a user has them: a frame with numbers, categories and holes, and a target.

Looked for in this order: a folder (``--data`` or ``SYNDA_DATA``), what scikit-learn ships,
OpenML by id (downloaded once, then cached by scikit-learn).
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
from configuration import CLASSIFICATION, OPENML, QUICK_SETS, REGRESSION
from sklearn import datasets

SHIPPED = {
    "classification": {
        "breast_cancer": datasets.load_breast_cancer,
        "wine": datasets.load_wine,
        "digits": datasets.load_digits,
        "iris": datasets.load_iris,
    },
    "regression": {"diabetes": datasets.load_diabetes},
}
TWICE = ("breast_cancer", "digits")  # wdbc, and a part of optdigits, a set for development
LISTED = {"classification": CLASSIFICATION, "regression": REGRESSION}
TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Table:
    """One data set: ``y`` holds class names (str) or values (float)."""

    name: str
    task: str
    X: pd.DataFrame
    y: pd.Series


class TableNotFound(LookupError):
    """A set that none of the sources has."""


class OpenMLUnreachable(TableNotFound):
    """No network: not worth another attempt."""


def folder_of(data=None):
    """The folder of tables in use, or None."""
    folder = data or os.environ.get("SYNDA_DATA")
    if folder and not Path(folder, "schema.csv").is_file():
        raise SystemExit(f"The folder of tables must hold a schema.csv. Got {folder!r} instead.")
    return folder or None


def default_names(task, folder, quick):
    """The sets that are run when none is named."""
    if folder is None:
        shipped = list(SHIPPED[task])
        return shipped if quick else [n for n in shipped if n not in TWICE] + list(OPENML[task])
    return (QUICK_SETS if quick else LISTED)[task]


def is_remote(name, folder):
    """Whether a set would have to be downloaded."""
    return folder is None and any(name in OPENML[task] for task in TASKS)


def task_of(name, folder):
    """Whether a set is for classification or regression."""
    for task in TASKS:
        known = {*SHIPPED[task], *OPENML[task]}
        if (folder and _path(folder, task, name).is_file()) or (not folder and name in known):
            return task
    where = "the folder of tables" if folder else "scikit-learn or the OpenML list"
    raise TableNotFound(f"{name}: not in {where}")


@lru_cache(maxsize=8)
def load(name, folder=None):
    """The table of that name."""
    task = task_of(name, folder)
    if folder:
        X, y = _from_folder(folder, task, name)
    elif name in SHIPPED[task]:
        bunch = SHIPPED[task][name](as_frame=True)
        X, y = bunch.data, bunch.target
    else:
        X, y = _from_openml(name, *OPENML[task][name])
    X = X.rename(columns=_plain_name).reset_index(drop=True)
    y = pd.Series(y.to_numpy(), name="target").astype(float if task == "regression" else str)
    return Table(name, task, X, y)


def _path(folder, task, name):
    return Path(folder, task, f"{name}.csv.gz")


def _from_folder(folder, task, name):
    """Columns the schema calls categorical become categories, also those stored as numbers."""
    schema = pd.read_csv(Path(folder, "schema.csv"))
    columns = schema[(schema["name"] == name) & (schema["kind"] == "categorical")]["column"]
    dtype = dict.fromkeys(columns, "category")
    # only an empty cell is missing: "none" and "NA" are categories in several sets
    frame = pd.read_csv(_path(folder, task, name), dtype=dtype, keep_default_na=False,
                        na_values=[""])  # fmt: skip
    return frame.drop(columns="target"), frame["target"]


def _from_openml(name, data_id, openml_name):
    try:
        bunch = datasets.fetch_openml(data_id=data_id, as_frame=True, parser="auto", n_retries=1)
    except OSError as error:
        raise OpenMLUnreachable(f"{name}: OpenML cannot be reached ({error})") from error
    if bunch.details["name"] != openml_name:
        raise TableNotFound(f"{name}: OpenML {data_id} is {bunch.details['name']!r}")
    return bunch.data, bunch.target


def _plain_name(column):
    """A column name LightGBM accepts: no characters that mean something in JSON, no blanks."""
    return "".join(f"_{ord(c):x}_" if c in '",:[]{}' else c for c in column).replace(" ", "_")
