"""What a language model is told of rows, and how its answers are read.

Cells, column names and labels are data. They travel as JSON inside a block whose delimiters
cannot occur in it: ``<``, ``>``, ``&`` and what cannot be seen are written as JSON escapes.
"""

import json
import math
import re

import numpy as np
from scipy import sparse

from sklearn_synda._columns import is_dataframe
from sklearn_synda._labels import is_missing

__all__ = [
    "answer_of",
    "column_names",
    "column_values",
    "data_json",
    "distinct_names",
    "messages_of",
    "plain_value",
    "read_json",
    "row_facts",
    "said_once",
]

_FENCE = re.compile(r"```(?:json)?\s*([\[{].*[\]}])\s*```", re.S)


def data_json(value):
    """JSON without a line break, a delimiter or a character that cannot be seen."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() and c not in "<>&" else _escape(c) for c in text)


def _escape(character):
    if character in "<>&":
        return f"\\u{ord(character):04x}"
    return json.dumps(character)[1:-1]


def column_names(X):
    """A name for each column, as str: those of a DataFrame, else the positions."""
    names = list(X.columns) if is_dataframe(X) else range(X.shape[1])
    return [str(name) for name in names]


def distinct_names(X):
    """Names of columns; where two are alike, all with their positions."""
    names = column_names(X)
    if len(set(names)) == len(names):
        return names
    return [f"{name} ({j})" for j, name in enumerate(names)]


def row_facts(X):
    """Each row as a dict of column name to plain value; of a sparse row, what is not 0."""
    names = distinct_names(X)
    if sparse.issparse(X):
        X = X.tocsr()
        ends = zip(X.indptr[:-1], X.indptr[1:], strict=True)
        return [
            {
                names[j]: plain_value(v)
                for j, v in zip(X.indices[a:b], X.data[a:b], strict=True)
                if v
            }
            for a, b in ends
        ]
    columns = [[plain_value(cell) for cell in column_values(X, j)] for j in range(X.shape[1])]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def column_values(X, j):
    """The cells of a column as a list; of a table that is not sparse."""
    if hasattr(X, "iloc"):
        return X.iloc[:, j].to_list()
    return X.to_series(j).to_list() if is_dataframe(X) else X[:, j].tolist()


def plain_value(cell):
    """A cell as JSON can hold it; a missing one is None."""
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if is_missing(cell):
        return None
    if isinstance(cell, float):
        return float(f"{cell:.10g}") if math.isfinite(cell) else str(cell)
    return cell if isinstance(cell, (bool, int, str)) else str(cell)


def messages_of(system, data, question):
    """The system and the user message; ``data`` stands in the block of the latter."""
    user = f"<data>{data_json(data)}</data>\n{question}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def said_once(pairs):
    """A JSON object; one that says a thing twice is refused."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("The answer must name each key once. Got a key twice instead.")
    return dict(pairs)


def answer_of(text):
    """What a model said after its thoughts, if it says them."""
    return text.rpartition("</think>")[2]


def read_json(text, make_object=said_once):
    """The value of an answer that is JSON, in a code fence or not; None where it is none.

    Parameters
    ----------
    text : str
        What the model said.
    make_object : callable, default=said_once
        ``make_object(pairs)`` of an object; a ``ValueError`` means that all is no answer.

    Returns
    -------
    value : object
    """
    text = answer_of(text)
    fenced = _FENCE.fullmatch(text.strip())
    try:
        return json.loads(fenced.group(1) if fenced else text, object_pairs_hook=make_object)
    except (ValueError, RecursionError):
        return None
