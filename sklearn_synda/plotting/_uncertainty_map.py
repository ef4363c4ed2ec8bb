"""The map of the table: where the model is unsure, and where rows were made."""

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._columns import Columns
from sklearn_synda._labels import is_missing
from sklearn_synda._optional import check_matplotlib_support, check_umap_support
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.plotting._given import check_meta_estimator
from sklearn_synda.plotting._style import INK, VERMILION, legend_above, lighten, new_axes

__all__ = ["UncertaintyMapDisplay"]

_PROJECTIONS = StrOptions({"pca", "tsne", "umap"})


class UncertaintyMapDisplay:
    """Map of the rows, coloured by how unsure the model is of them.

    Real rows are dots, dark where the model is unsure; synthetic rows are hollow triangles, each
    tied to the real row it was made around. Distances on a map of many columns are rough: "pca"
    keeps the large ones, "tsne" and "umap" the neighbourhoods. Not a test of whether synthetic
    rows are realistic.

    It is recommended to use :meth:`from_estimator`, which computes the numbers.

    Parameters
    ----------
    coordinates : ndarray of shape (n_rows, 2)
        Places of the rows on the map.
    uncertainty : ndarray of shape (n_rows,)
        Uncertainty of the rows, larger = less certain.
    is_synthetic : bool ndarray of shape (n_rows,), default=None
        Rows that were made. None: none was.
    is_labeled : bool ndarray of shape (n_rows,), default=None
        Rows that have a label. None: labelled and unlabelled rows are not told apart.
    anchor_indices : int ndarray of shape (n_rows,), default=None
        For each row the row it was made around, as a position in ``coordinates``; -1 for none.
    axis_names : tuple of two str, default=("dimension 1", "dimension 2")
        What the two coordinates are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the map.
    figure_ : matplotlib Figure
        The figure of the map.
    colorbar_ : matplotlib Colorbar
        The scale of the uncertainty.

    See Also
    --------
    SynthesisHistoryDisplay : What each round of synthesis brought.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.plotting import UncertaintyMapDisplay
    >>> display = UncertaintyMapDisplay(
    ...     coordinates=np.array([[0.0, 0.0], [1.0, 1.0], [0.8, 0.8]]),
    ...     uncertainty=np.array([0.1, 0.7, 0.6]),
    ...     is_synthetic=np.array([False, False, True]),
    ...     anchor_indices=np.array([-1, -1, 1]),
    ... )
    >>> display.plot().ax_.get_xlabel()
    'dimension 1'
    """

    def __init__(self, coordinates, uncertainty, *, is_synthetic=None, is_labeled=None,
                 anchor_indices=None, axis_names=("dimension 1", "dimension 2")):  # fmt: skip
        self.coordinates = coordinates
        self.uncertainty = uncertainty
        self.is_synthetic = is_synthetic
        self.is_labeled = is_labeled
        self.anchor_indices = anchor_indices
        self.axis_names = axis_names

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, projection="pca", random_state=None, ax=None):
        """Compute the map of a fitted estimator and draw it.

        The rows in the training set of ``estimator`` look surer than such rows are, because it
        has seen them: pass rows it has not seen to judge it, and draw with
        ``plot(link_anchors=False)``.

        Parameters
        ----------
        estimator : ActiveSynthesisClassifier or ActiveSynthesisRegressor
            Fitted estimator.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows. Synthetic rows are tied to their anchors when these are the rows that
            ``fit`` was given, in that order.
        y : array-like of shape (n_samples,), default=None
            Targets of the rows, missing where unlabelled. None: labelled and unlabelled rows
            are not told apart.
        projection : {"pca", "tsne", "umap"}, default="pca"
            How the embedding of the rows (standardised numbers, one-hot categories) becomes
            two-dimensional. "pca" is fitted on the real rows alone; "tsne" and "umap"
            (requires umap-learn) place real and synthetic rows together.
        random_state : int, RandomState instance or None, default=None
            Seed of the projection.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : UncertaintyMapDisplay
            The numbers, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        if not _PROJECTIONS.is_satisfied_by(projection):
            raise ValueError(
                f"The 'projection' parameter of {cls.__name__}.from_estimator must be"
                f" {_PROJECTIONS}. Got {projection!r} instead."
            )
        if projection == "umap":
            check_umap_support(f"{cls.__name__}.from_estimator")
        check_meta_estimator(f"{cls.__name__}.from_estimator", estimator)
        check_is_fitted(estimator, "provenance_")
        check_consistent_length(X, y)
        return cls(**_map_numbers(estimator, X, y, projection, random_state)).plot(ax=ax)

    def plot(self, ax=None, *, link_anchors=True, cmap="viridis_r"):
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.
        link_anchors : bool, default=True
            Whether thin lines tie synthetic rows to their anchors.
        cmap : str or matplotlib Colormap, default="viridis_r"
            Colours of the uncertainty.

        Returns
        -------
        display : UncertaintyMapDisplay
            This object, with ``ax_``, ``figure_`` and ``colorbar_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.collections import LineCollection
        from matplotlib.lines import Line2D

        ax = new_axes((7.2, 5.4)) if ax is None else ax
        place = np.asarray(self.coordinates)
        made = _mask(self.is_synthetic, len(place), otherwise=False)
        labeled = _mask(self.is_labeled, len(place), otherwise=True)
        size = float(np.clip(9000 / max((~made).sum(), 1), 9, 42))
        fade = float(np.clip(60 / max(made.sum(), 1), 0.06, 1.0))  # many rows are drawn faintly
        doubt = np.asarray(self.uncertainty)
        limits = {"vmin": doubt[~made].min(), "vmax": doubt[~made].max()}
        if limits["vmin"] == limits["vmax"]:
            limits["vmax"] = limits["vmin"] + 1.0

        if link_anchors and self.anchor_indices is not None:
            tied = np.flatnonzero(made & (self.anchor_indices >= 0))
            lines = np.stack([place[tied], place[self.anchor_indices[tied]]], axis=1)
            ax.add_collection(
                LineCollection(lines, colors=VERMILION, lw=0.6, alpha=0.35 * fade, zorder=1)
            )
        handles = []
        kinds = [(~made & ~labeled, "unlabelled", 0.6, "none"), (~made & labeled, "", 1.0, INK)]
        for mask, name, shrink, edge in kinds:
            rows = np.flatnonzero(mask)
            if not len(rows):
                continue
            rows = rows[np.argsort(doubt[rows], kind="stable")]  # the unsure on top
            dots = ax.scatter(
                *place[rows].T, c=doubt[rows], s=size * shrink, cmap=cmap, edgecolors=edge,
                linewidths=0.6, zorder=3, **limits,
            )  # fmt: skip
            name = name or ("real" if self.is_labeled is None else "labelled")
            handles.append(
                Line2D([], [], ls="", marker="o", ms=7 * shrink**0.5, mfc="0.7", mew=0.6,
                       mec=edge, label=f"{name} ({len(rows)})")
            )  # fmt: skip
        if made.any():
            ax.scatter(
                *place[made].T, s=16, marker="^", facecolors="none", edgecolors=VERMILION,
                linewidths=0.9, alpha=max(0.8 * fade, 0.3), zorder=2,
            )  # fmt: skip
            handles.append(
                Line2D([], [], ls="", marker="^", ms=6, mfc="none", mec=VERMILION,
                       label=f"synthetic ({made.sum()})")
            )  # fmt: skip

        ax.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1])
        lighten(ax)
        legend_above(ax, handles)
        self.ax_, self.figure_ = ax, ax.figure
        self.colorbar_ = ax.figure.colorbar(dots, ax=ax, pad=0.02, aspect=30)
        self.colorbar_.set_label("uncertainty (larger = less certain)")
        self.colorbar_.outline.set_visible(False)
        return self


def _mask(mask, n_rows, *, otherwise):
    return np.full(n_rows, otherwise) if mask is None else np.asarray(mask, dtype=bool)


def _map_numbers(estimator, X, y, projection, random_state):
    """The arguments of the display: real rows first, then synthetic ones."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    once = _each_once(estimator)
    made = row_subset(estimator.synthetic_X_, once)
    n_real, n_made = X.shape[0], made.shape[0]
    columns = Columns(X)
    real_points = columns.to_embedding(columns.to_cells(X))
    made_points = real_points[:0]
    uncertainty = [estimator.predict_uncertainty(X)]
    if n_made:
        made_points = columns.to_embedding(columns.to_cells(made))
        uncertainty.append(estimator.predict_uncertainty(made))
    coordinates, axis_names = _project(real_points, made_points, projection, random_state)
    anchors = _anchors(estimator.provenance_, n_real)[once]
    is_labeled = None
    if y is not None:
        is_labeled = np.r_[~_is_missing(y, estimator), np.ones(n_made, dtype=bool)]
    return {
        "coordinates": coordinates,
        "uncertainty": np.concatenate(uncertainty),
        "is_synthetic": np.arange(n_real + n_made) >= n_real,
        "is_labeled": is_labeled,
        "anchor_indices": np.r_[np.full(n_real, -1), anchors],
        "axis_names": axis_names,
    }


def _each_once(estimator):
    """Positions of the made rows; one with a soft label was learnt from once for each class."""
    made, provenance = estimator.synthetic_X_, estimator.provenance_
    if made.shape[0] == 0:
        return np.arange(0)
    origin = provenance.take(provenance.is_made)
    columns = Columns(made)
    cells = columns.to_cells(made)
    cells = cells.toarray() if hasattr(cells, "toarray") else np.nan_to_num(cells, nan=np.inf)
    known = np.column_stack([origin.parents, origin.region, origin.round])
    new = (cells[1:] != cells[:-1]).any(axis=1) | (known[1:] != known[:-1]).any(axis=1)
    return np.flatnonzero(np.append(True, new))


def _anchors(provenance, n_real):
    """Anchors of the synthetic rows; all -1 when one lies outside of the real rows at hand."""
    anchors = provenance.parents[provenance.is_made, 0]
    return anchors if np.all(anchors < n_real) else np.full_like(anchors, -1)


def _is_missing(y, estimator):
    """Mask of the targets that are missing."""
    marker = getattr(estimator, "missing_label", None)
    marked = not is_missing(marker)
    values = np.asarray(y, dtype=object)
    return np.array([is_missing(v) or (marked and v == marker) for v in values], dtype=bool)


def _project(real, made, projection, random_state):
    """Real and synthetic points on the plane, and what the axes are."""
    coordinates, share = _principal_plane(real, made, random_state)
    if projection == "pca":
        names = [f"principal component {k + 1} ({s:.0%} of variance)" for k, s in enumerate(share)]
        return coordinates, tuple(names)
    points = np.vstack([real, made])
    n_rows = len(points)
    if projection == "tsne":
        from sklearn.manifold import TSNE

        start = coordinates / max(coordinates[:, 0].std(), 1e-12) * 1e-4
        perplexity = min(30.0, max((n_rows - 1) / 3, 1.0))
        model = TSNE(perplexity=perplexity, init=start, random_state=random_state)
        return np.asarray(model.fit_transform(points)), ("t-SNE dimension 1", "t-SNE dimension 2")
    from umap import UMAP

    n_neighbors = int(np.clip(n_rows - 1, 2, 15))
    n_jobs = -1 if random_state is None else 1
    model = UMAP(n_neighbors=n_neighbors, random_state=random_state, n_jobs=n_jobs)
    return model.fit_transform(points), ("UMAP dimension 1", "UMAP dimension 2")


def _principal_plane(real, made, random_state):
    """Points on the two main directions of the real ones, and the variance each explains."""
    from sklearn.decomposition import PCA

    pca = PCA(n_components=min(2, *real.shape), random_state=random_state)
    total = real.var(axis=0).sum()
    if not total > 0:
        return np.zeros((len(real) + len(made), 2)), [0.0, 0.0]
    pca.fit(real)
    coordinates = np.zeros((len(real) + len(made), 2))
    coordinates[:, : pca.n_components_] = pca.transform(np.vstack([real, made]))
    share = [*pca.explained_variance_ratio_, 0.0][:2]
    return coordinates, share
