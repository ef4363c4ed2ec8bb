"""The face of a meta-estimator towards whoever labels: what it is unsure of, asks for, learns."""

from collections import Counter
from functools import cache
from itertools import pairwise
from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._active_synthesis._course import with_estimator
from sklearn_synda._columns import Columns, container_name, encode_table
from sklearn_synda._compatibility import check_part, works_in_place
from sklearn_synda._labels import as_codes, split_labeled
from sklearn_synda._rows import Pool, concatenate_rows, own_copy, row_subset
from sklearn_synda._sklearn_compat import _check_sample_weight
from sklearn_synda._tables import are_whole
from sklearn_synda.attribution import explain_uncertainty
from sklearn_synda.exceptions import NotOffered
from sklearn_synda.query import query_blocks

__all__ = ["ActiveLearningMixin"]


class ActiveLearningMixin:
    """``predict_uncertainty``, ``explain_uncertainty``, ``query`` and ``teach``."""

    def predict_uncertainty(self, X):
        """How unsure the fitted model is of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows it was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain; the unit is that of the ``uncertainty`` part.
        """
        check_is_fitted(self, "estimator_")
        X = self._check_rows(X, reset=False)
        return self._fitted_uncertainty().predict_uncertainty(self._for_model(X))

    def explain_uncertainty(self, X, *, method="shapley", n_repeats=20, random_state=None):
        """How much of the uncertainty of rows is due to each of their columns.

        Compared with the labelled rows of the last fit, or the last ones of a stream. Positive: the
        value makes the row less certain than those are. See
        :func:`~sklearn_synda.attribution.explain_uncertainty`.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows it was not fitted on.
        method : {"shapley", "occlusion", "gradient"}, default="shapley"
            "gradient" is for a skorch net, alone or last in a pipeline.
        n_repeats : int, default=20
            Labelled rows each row is compared with.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws; None is the ``random_state`` of the meta-estimator.

        Returns
        -------
        attribution : ndarray of shape (n_samples, n_features)
            A column for each column of ``X``, in the unit of :meth:`predict_uncertainty`.
        """
        check_is_fitted(self, "estimator_")
        X = self._check_rows(X, reset=False)
        self._check_container(X, "explain_uncertainty", "X")
        return explain_uncertainty(
            self._fitted_uncertainty(), X, self._table.X,
            method=method, n_repeats=n_repeats,
            random_state=self.random_state if random_state is None else random_state,
        )  # fmt: skip

    def set_params(self, **params):
        """Set parameters, those of the parts too (``uncertainty__measure``).

        Parameters
        ----------
        **params : dict
            New values by name.

        Returns
        -------
        self : object
        """
        super().set_params(**params)
        if params and hasattr(self, "_uncertainty"):
            self._uncertainty = None  # it is of the old ones
        return self

    def _fitted_uncertainty(self):
        """The part of now, fitted; another one that was set since is fitted anew."""
        if self._uncertainty is None or self._fitted_part is not self.uncertainty:
            self._fitted_part = self.uncertainty
            frozen = FrozenEstimator(self.estimator_)
            if self.uncertainty is None:
                part = self._default_uncertainty(frozen)
            else:
                part = with_estimator(self.uncertainty, frozen)
            params = part.get_params(deep=False)
            if params.get("random_state", 0) is None and self.random_state is not None:
                part.set_params(random_state=self.random_state)
            table = self._table
            self._uncertainty = part.fit(table.X, table.targets(table.y), table.given_weight)
        return self._uncertainty

    def query(self, X_pool, batch_size=1, *, sensitive_features=None):
        """Name the rows of a pool most worth labelling.

        Parameters
        ----------
        X_pool : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features) or iterator
            Unlabelled rows. An iterator gives them block by block, each a table of its own, for
            a pool that does not fit into memory: see
            :func:`~sklearn_synda.query.query_blocks` for the strategies that can do this.
        batch_size : int, default=1
            How many to name; at most the rows of the pool.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features), \
default=None
            The group of each row of a pool that is one table, for
            :class:`~sklearn_synda.query.GroupQuotaQuery`.

        Returns
        -------
        query_indices : intp ndarray of shape (batch_size,)
            Positions in the pool, counted over all blocks, the most useful first. Under an int
            ``random_state`` they are the same until more rows are taught.
        """
        check_is_fitted(self, "estimator_")
        strategy = self._default_query() if self.query_strategy is None else self.query_strategy
        check_part(self, "query_strategy", strategy, "query")
        if hasattr(X_pool, "__next__"):
            return query_blocks(
                strategy, self._checked_blocks(X_pool), self._as_pool, batch_size,
                random_state=self._query_seed(),
            )  # fmt: skip
        X_pool = self._check_rows(X_pool, reset=False)
        pool = self._as_pool(X_pool, sensitive_features)
        return strategy.query(pool, batch_size=batch_size, random_state=self._query_seed())

    def _query_seed(self):
        """The same before a label is taught, another one after it.

        With one seed for all rounds a draw would fall alike in each: a coin that decides between
        two groups of people would always name the same one.
        """
        if not isinstance(self.random_state, Integral):
            return self.random_state
        batches = [self._stream.n_batches] if hasattr(self, "_stream") else []
        return np.random.RandomState([self.random_state, self._table.n_labeled, *batches])

    def _checked_blocks(self, blocks):
        """Blocks of rows that are like those of the fit, empty ones left out."""
        for k, block in enumerate(blocks):
            if getattr(block, "shape", (1,))[0] == 0:
                continue
            try:
                yield self._check_rows(block, reset=False)
            except (TypeError, ValueError) as error:
                error.add_note(f"Block {k} of the pool, counted from 0.")
                raise

    def _as_pool(self, X, sensitive_features=None):
        table, uncertainty = self._table, self._fitted_uncertainty

        @cache
        def embedding():
            self._check_container(X, "query", "X_pool")
            return encode_table(concatenate_rows([table.X, X]))

        of_rows = {
            "members": lambda rows: self._members(self._for_model(rows)),
            "utilities": lambda rows: uncertainty().predict_uncertainty(self._for_model(rows)),
            "prediction": lambda rows: self.estimator_.predict(self._for_model(rows)),
        }
        if hasattr(self.estimator_, "predict_proba"):
            of_rows["proba"] = lambda rows: self.estimator_.predict_proba(self._for_model(rows))
        return Pool(
            X,
            embedding=lambda: embedding()[table.n_labeled :],
            embedding_labeled=lambda: embedding()[: table.n_labeled],
            X_labeled=table.X,
            y_labeled=table.labels(table.y),
            sample_weight_labeled=table.given_weight,
            estimator=self.estimator_,
            sensitive_features=None if sensitive_features is None else lambda: sensitive_features,
            of_rows=of_rows,
        )

    def _for_model(self, X):
        """Rows of a pool, copied for a model that says it works in place.

        Not for every model: a copy of a large pool takes as long as the quickest of them.
        """
        return own_copy(X) if works_in_place(self.estimator_) else X

    def _check_container(self, X, method, parameter):
        """Rows that are to stand below those of the last fit are in the same kind of table."""
        wanted, got = container_name(self._table.X), container_name(X)
        if wanted != got:
            raise TypeError(
                f"The {parameter!r} parameter of {type(self).__name__}.{method} must be a {wanted},"
                f" as it was in the last fit. Got a {got} instead: convert it."
            )

    def _members(self, X):
        uncertainty = self._fitted_uncertainty()
        if not hasattr(uncertainty, "predict_members"):
            raise NotOffered(f"{type(uncertainty).__name__} has no members.")
        return uncertainty.predict_members(X)

    def teach(self, X, y, sample_weight=None):
        """Add labelled real rows to those of the last fit, and fit anew.

        After ``partial_fit``, which learns no row twice, this is one more batch. An unlabelled row
        of the last fit that equals one of the new rows is taken for it, and leaves.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows that were labelled, of the kind ``fit`` was given.
        y : array-like of shape (n_samples,)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights. Needed where the rows of the last fit had weights; where they had none,
            each of them weighs 1.

        Returns
        -------
        self : object
        """
        check_is_fitted(self, "estimator_")
        if hasattr(self, "_stream"):
            return self.partial_fit(X, y, sample_weight=sample_weight)
        X = self._check_rows(X, reset=False)
        self._check_container(X, "teach", "X")
        if self._table.column is not None:
            y = np.ravel(y)
        y, labeled = split_labeled(y, self.missing_label)
        if not labeled.all():
            raise ValueError(
                f"The 'y' parameter of {type(self).__name__}.teach must hold labels only. Got"
                f" {(~labeled).sum()} missing ones instead: leave those rows out."
            )
        table = self._table
        by_row = [*(table.metadata or {}), *([] if table.groups is None else ["groups"])]
        by_row += ["sample_weight"] if table.weighted and sample_weight is None else []
        if by_row:
            raise ValueError(
                f"The arguments {', '.join(map(repr, by_row))} of the last fit of"
                f" {type(self).__name__} must be given for the new rows, too. Got none instead:"
                " give weights to teach, and for all else call fit with all rows and arguments."
            )
        whole = y.dtype.kind == "f" and are_whole(y)
        if whole and table.classes is not None and table.classes.dtype.kind in "iu":
            y = y.astype(table.classes.dtype)  # floats as pandas makes of integers beside NaN
        unlabeled = _not_among(table.X_unlabeled, X)
        known = np.concatenate([_as_objects(table.labels(table.y)), _as_objects(y)])
        missing = np.full(len(unlabeled), None, dtype=object)
        weight = None
        if sample_weight is not None:
            new = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            weight = [table.sample_weight, new, table.unlabeled_weight[unlabeled]]
            weight = np.concatenate(weight)
        rows = concatenate_rows([table.X, X, row_subset(table.X_unlabeled, unlabeled)])
        targets = np.concatenate([known, missing])
        if table.classes is None:
            targets = targets.astype(np.float64)
            if table.column is not None:
                targets = targets[:, None].astype(table.column)
        elif not len(missing) and table.classes.dtype.kind != "O":
            as_codes(targets, had_missing=False)  # numbers beside names are refused
            targets = np.array(targets.tolist())
        return self.fit(rows, targets, sample_weight=weight)


def _not_among(X, taught):
    """Positions of the rows without those that equal taught ones, each taken for one of them."""
    if not X.shape[0]:
        return np.arange(0)
    columns = Columns(concatenate_rows([X, taught]))
    left = Counter(_row_keys(columns.to_cells(taught)))
    kept = []
    for position, key in enumerate(_row_keys(columns.to_cells(X))):
        if left[key]:
            left[key] -= 1
        else:
            kept.append(position)
    return np.array(kept, dtype=np.intp)


def _row_keys(cells):
    """One key a row; rows have the same if all their cells are equal, missing ones too."""
    if not issparse(cells):
        cells = np.where(np.isnan(cells), np.nan, cells + 0.0)  # NaN and 0 have a sign
        return [row.tobytes() for row in np.ascontiguousarray(cells)]
    cells = cells.tocsr(copy=True)
    cells.sum_duplicates()
    cells.eliminate_zeros()
    ends = list(pairwise(cells.indptr))
    return [(cells.indices[a:b].tobytes(), cells.data[a:b].tobytes()) for a, b in ends]


def _as_objects(values):
    """Labels as objects; numpy would make numbers of dates."""
    if values.dtype.kind not in "mM":
        return values.astype(object)
    return np.array([*values, None], dtype=object)[:-1]
