"""Towards doubt: a walk through the noise a row is made of, and a choice among several rows."""

import numpy as np

__all__ = ["choose", "walk"]

_STEP = 0.5  # share of the noise that is new in a proposal
_N_REFERENCE = 1000  # real rows that plausibility is measured against, at most
_N_CHOSEN = 64  # rows chosen last, from which the next one should differ
_FLOOR = 1e-3  # the least plausibility and diversity, so that uncertainty still tells rows apart


def walk(made, remake, rng, *, strength, n_steps):
    r"""A Metropolis walk from likely rows to uncertain ones.

    Rows are made of standard normal noise :math:`z`. A proposal
    :math:`z' = \sqrt{1 - s^2}\, z + s\, e`, with :math:`s` = 0.5 and fresh noise :math:`e`,
    leaves the normal law as it is; it is accepted with probability
    :math:`\min(1, \exp(b_k (u' - u)))`, where :math:`u` is the uncertainty in standard
    deviations of the real rows and :math:`b_k` rises in equal steps to ``strength``. The walk
    tends to the law of the rows made, tilted by :math:`\exp(b_k u)`.

    Parameters
    ----------
    made : dict of ndarray
        "noise", "cells" and "uncertainty" of the rows to begin with.
    remake : callable
        ``remake(noise)``: another dict of that kind.
    rng : RandomState
        Source of the proposals.
    strength : float
        Tilt of the last step.
    n_steps : int
        Proposals for each row.

    Returns
    -------
    made : dict of ndarray
        The rows at the end.
    course : list of float
        Mean uncertainty at the start and after each step.
    n_accepted : int
        Proposals that were accepted, of all rows.
    """
    course, n_accepted = [float(made["uncertainty"].mean())], 0
    for k in range(n_steps):
        fresh = rng.normal(size=made["noise"].shape)
        other = remake(np.sqrt(1 - _STEP**2) * made["noise"] + _STEP * fresh)
        gain = strength * (k + 1) / n_steps * (other["uncertainty"] - made["uncertainty"])
        takes = np.log(rng.uniform(size=len(gain))) < gain
        for name, values in other.items():
            mask = takes if values.ndim == 1 else takes[:, None]
            made[name] = np.where(mask, values, made[name])
        n_accepted += int(takes.sum())
        course.append(float(made["uncertainty"].mean()))
    return made, course, n_accepted


def choose(uncertainty, made, real, n_candidates, *, plausibility_weight, diversity_weight):
    r"""One of so many rows for each anchor: uncertain, plausible, and unlike those before it.

    A row is worth :math:`r\, p^a v^b`. Here :math:`r` is the rank of its uncertainty among all
    candidates, in (0, 1]; :math:`p = \min(1, q / d)`, with :math:`d` the distance to the nearest
    real row and :math:`q` the distance within which nine of ten real rows have a neighbour;
    :math:`v = \min(1, d' / q)`, with :math:`d'` the distance to the nearest of the 64 rows
    chosen last. Linear in the number of rows.

    Parameters
    ----------
    uncertainty : ndarray of shape (n_anchors * n_candidates,)
        The candidates of one anchor side by side.
    made, real : ndarray of shape (n_rows, n_dimensions)
        Candidates and real rows as points in which distance means something.
    n_candidates : int
        Candidates of each anchor.
    plausibility_weight, diversity_weight : float
        The exponents :math:`a` and :math:`b`.

    Returns
    -------
    chosen : intp ndarray of shape (n_anchors,)
        Positions among the candidates.
    """
    groups = np.arange(len(made)).reshape(-1, n_candidates)
    worth = (uncertainty.argsort(kind="stable").argsort(kind="stable") + 1) / max(len(made), 1)
    band = 1.0
    if plausibility_weight > 0 or diversity_weight > 0:
        band, distance = _distances(made, real)
        worth = worth * np.maximum(band / np.maximum(distance, band), _FLOOR) ** plausibility_weight
    if diversity_weight == 0:
        return groups[np.arange(len(groups)), worth[groups].argmax(axis=1)]
    chosen = np.empty(len(groups), dtype=np.intp)
    for i, group in enumerate(groups):
        last = made[chosen[max(i - _N_CHOSEN, 0) : i]]
        square = (made[group, None] - last) ** 2
        near = np.sqrt(square.sum(axis=2)).min(axis=1, initial=np.inf)
        unlike = np.clip(near / band, _FLOOR, 1.0)
        chosen[i] = group[(worth[group] * unlike**diversity_weight).argmax()]
    return chosen


def _distances(made, real):
    """The usual distance between neighbours, and that from each made row to a real one."""
    from sklearn.neighbors import NearestNeighbors

    real = real[:: -(-len(real) // _N_REFERENCE)]
    index = NearestNeighbors(n_neighbors=1).fit(real)
    distance = index.kneighbors(made)[0][:, 0]
    if len(real) == 1:
        return 1.0, distance
    usual = np.quantile(index.kneighbors()[0], 0.9)
    return max(float(usual), np.finfo(float).tiny), distance
