"""What a table can lack."""


class CannotSplit(ValueError):
    """A cell that this table has not enough rows for."""
