"""Rows taken apart into cells, changed, and shown to a function of rows."""

import numpy as np
from sklearn.utils import check_array

from sklearn_synda._columns import Columns, as_table, is_dataframe
from sklearn_synda._rows import concatenate_rows

__all__ = ["ask_in_blocks", "draw_background", "in_cells", "one_number_a_row"]

_N_CELLS = 2_000_000  # shown to the function at once: 16 MB


def in_cells(caller, uncertainty, X, background):
    """A function of cells, and the cells of two tables that share their columns."""
    X, background = _as_table(X), _as_table(background)
    if X.shape[1] != background.shape[1]:
        raise ValueError(
            f"The 'background' parameter of {caller} must have the {X.shape[1]} columns of X."
            f" Got {background.shape[1]} instead."
        )
    both = concatenate_rows([X, background])
    columns = Columns(both)
    if columns.is_wide:
        raise ValueError(
            f"{caller} is not compatible with a sparse table of {X.shape[1]} columns: it needs to"
            " change one cell after the other. Use fewer columns instead."
        )
    cells = columns.to_cells(both)

    def ask(changed):
        return uncertainty(columns.to_table(changed))

    return ask, cells[: X.shape[0]], cells[X.shape[0] :]


def one_number_a_row(caller, uncertainty):
    """A user's uncertainty whose answers are looked at: float64 of shape (n_rows,), finite."""

    def ask(rows):
        answer = uncertainty(rows)
        try:
            numbers = np.asarray(answer, dtype=np.float64)
        except (TypeError, ValueError):
            numbers = None
        n_rows = rows.shape[0]
        if numbers is None:
            got = f"{type(answer).__name__} that holds other things"
        elif numbers.ndim == 0:
            got = f"{answer!r} for {n_rows} rows"
        elif numbers.shape not in ((n_rows,), (n_rows, 1)):
            got = f"shape {numbers.shape} for {n_rows} rows"
        elif not np.isfinite(numbers).all():
            got = "NaN or infinity"
        else:
            return numbers.reshape(-1)
        raise ValueError(
            f"The 'uncertainty' parameter of {caller} must give one finite number for each row."
            f" Got {got} instead."
        )

    return ask


def _as_table(X):
    if is_dataframe(X) and X.shape[0] == 0:
        check_array(np.empty(X.shape))
    return as_table(X)


def ask_in_blocks(ask, cells):
    """``ask`` of many rows: float64 of shape (n_rows,), a few megabytes at once."""
    size = max(_N_CELLS // max(cells.shape[1], 1), 1)
    blocks = [cells[first : first + size] for first in range(0, len(cells), size)]
    answers = [np.asarray(ask(block), dtype=np.float64).reshape(-1) for block in blocks]
    return np.concatenate(answers) if answers else np.zeros(0)


def draw_background(n_background, n_rows, n_repeats, rng):
    """Positions (n_rows, n_repeats): each row meets all background rows before one again."""
    turns = -(-n_repeats // n_background)
    drawn = [rng.permuted(np.tile(np.arange(n_background), (n_rows, 1)), axis=1)
             for _ in range(turns)]  # fmt: skip
    return np.hstack(drawn)[:, :n_repeats]
