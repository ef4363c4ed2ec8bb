"""What a client sends, and the mean of what all have sent."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["ClientUpdate", "average_updates"]


@dataclass(frozen=True)
class ClientUpdate:
    """What leaves a client in a round: parameters, four numbers and the classes; no row.

    Parameters can still tell something of the rows they were learnt from.

    Parameters
    ----------
    parameters : list of ndarrays
        Of the common model after the local training.
    n_rows : float
        Real rows of the client; the sum of their weights where it gave some.
    loss_before, loss_after : float
        Mean loss on these rows, with the parameters that came and with those that leave. The
        latter is the loss on rows that were learnt from.
    n_made : int, default=0
        Made rows learnt from in this round; 0 where held-out rows did not ask for any.
    classes : tuple or None, default=None
        All classes, in order; None for values.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.federated import ClientUpdate
    >>> ClientUpdate([np.zeros(2)], n_rows=30, loss_before=0.7, loss_after=0.5)
    ClientUpdate(n_rows=30, loss_before=0.7, loss_after=0.5, n_made=0)
    """

    parameters: list = field(repr=False)
    n_rows: float
    loss_before: float
    loss_after: float
    n_made: int = 0
    classes: tuple | None = field(default=None, repr=False)


def average_updates(updates):
    r"""Federated averaging: the mean of the clients' parameters, weighted by their real rows.

    Made rows do not count: a client has no more say for having made many. Not robust: one client
    that lies about its parameters moves the mean.

    Parameters
    ----------
    updates : dict of str to ClientUpdate
        The update of each client by its name; in which order does not matter.

    Returns
    -------
    parameters : list of ndarrays
        Means as float64; :func:`set_parameters` gives them the dtypes of the model.

    Notes
    -----
    :math:`\theta = \sum_k n_k \theta_k / \sum_k n_k`, with :math:`\theta_k` the parameters and
    :math:`n_k` the ``n_rows`` of client :math:`k`.

    References
    ----------
    McMahan et al. (2017), :arxiv:`1602.05629`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.federated import ClientUpdate, average_updates
    >>> small = ClientUpdate([np.array([0.0])], n_rows=10, loss_before=1.0, loss_after=0.5)
    >>> large = ClientUpdate([np.array([4.0])], n_rows=30, loss_before=1.0, loss_after=0.5)
    >>> average_updates({"north": small, "south": large})
    [array([3.])]
    """
    if not updates:
        raise ValueError(
            "The 'updates' parameter of average_updates must hold one update or more. Got none"
            " instead."
        )
    names = sorted(updates, key=str)
    for name in names:
        _check_update(name, updates[name], names[0], updates[names[0]])
    share = np.array([updates[name].n_rows for name in names], dtype=np.float64)
    share /= share.sum()
    columns = zip(*(updates[name].parameters for name in names), strict=True)
    return [
        sum(s * np.asarray(v, dtype=np.float64) for s, v in zip(share, values, strict=True))
        for values in columns
    ]


def _check_update(name, update, first, other):
    """Raise, by the name of the client, unless an update can be averaged with the first one."""
    if not (np.isfinite(update.n_rows) and update.n_rows > 0):
        raise ValueError(
            f"The 'n_rows' of client {name!r} must be a number above 0. Got {update.n_rows}"
            " instead."
        )
    if not all(np.isfinite(values).all() for values in update.parameters):
        raise ValueError(
            f"The parameters of client {name!r} must be finite numbers. Got NaN or infinity"
            " instead: a smaller learning rate or scaled columns may help."
        )
    shapes, wanted = ([np.shape(v) for v in u.parameters] for u in (update, other))
    if shapes != wanted:
        raise ValueError(
            f"The parameters of client {name!r} must have the shapes {wanted}, those of client"
            f" {first!r}. Got {shapes} instead."
        )
    if update.classes != other.classes:
        raise ValueError(
            f"The classes of client {name!r} must be {other.classes}, those of client {first!r}."
            f" Got {update.classes} instead."
        )
