"""What the size of an audience is read from: titles that are like the one asked, and its own facts.

The sizes of other titles enter the columns of a title, so a title of the training data is compared
with a part of the catalog that does not hold it, and its error is that of a regression of which no
column has seen its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.forecast.audience_size import SizeModel, learn_size
from marquee.forecast.audience_titles import KERNELS, Descriptions, Likeness

PRIOR_LIKENESS = 0.5
"""Likeness to a title of the usual size that every mean over like titles is mixed with."""
N_FOLDS = 5
"""Parts into which the catalog is cut to compute the columns of its own titles."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Titles that are asked about beside the catalog, and what became of that."""

    likeness: Likeness
    asked: Descriptions
    kernels: dict[str, NDArray[np.float32]]
    """How alike they are, matrices of shape (n_catalog, n_asked)."""
    sizes: NDArray[np.float64]
    """Log share of viewers of each title of the catalog, shape (n_catalog,)."""
    scores: NDArray[np.float64]
    """Mean stars of each, shape (n_catalog,)."""

    def columns(
        self, rows: NDArray[np.int64] | None = None, inside: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """What the size is read from, shape (n_rows, n_columns); all rows by default.

        Of each kernel there are the means of sizes and scores over the titles that are like the one
        asked, which is never among them; beside these the budget, year and running time with flags
        where they are unknown, how much text there is, and the genres. With ``inside``, shape
        (n_catalog,), the titles marked stand for the whole catalog and no other is looked at.
        """
        rows = np.arange(len(self.asked)) if rows is None else rows
        inside = np.ones(len(self.sizes), np.bool_) if inside is None else inside
        scale = inside.size / max(int(inside.sum()), 1)
        asked = self.asked.take(rows)
        columns = []
        for name in KERNELS:
            weight = scale * self.kernels[name][np.ix_(inside, rows)].astype(np.float64)
            near = weight.sum(axis=0) + PRIOR_LIKENESS
            for values in (self.sizes[inside], self.scores[inside]):
                middle = values.mean() if values.size else 0.0
                columns.append((values - middle) @ weight / near)
            columns.append(np.log(near))
        for number in (asked.log_budget, asked.year, asked.runtime):
            columns.append(number)
            columns.append(np.isnan(number).astype(np.float64))
        n_tokens = np.bincount(asked.tokens["row"].to_numpy(), minlength=len(asked))
        columns.append(np.log1p(n_tokens))
        return np.hstack([np.column_stack(columns), self.likeness.genre_flags(asked)])

    def columns_apart(
        self, fold: NDArray[np.int64], without: int = -1
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the asked, all of the catalog, and their columns as if they were new.

        A title is compared with the other parts of the catalog alone, of which ``fold`` gives the
        number, shape (n_catalog,); the titles of the part ``without`` are left out everywhere.
        Leaving out just the title itself would give it away: where the mean of its group is known
        too, the mean without it lies below where the title lies above.
        """
        own = fold[self.likeness.catalog.ids.positions(self.asked.ids.ids)]
        rows, parts = [], []
        for number in np.unique(own).tolist():
            if number != without:
                mine = np.flatnonzero(own == number)
                rows.append(mine)
                parts.append(self.columns(mine, (fold != number) & (fold != without)))
        return np.concatenate(rows), np.concatenate(parts)


def learn_sizes(compared: Comparison, rng: np.random.Generator) -> SizeModel:
    """The regression on titles of the catalog, with errors that no title's own size has entered.

    For the errors of one part of the catalog everything is done again without that part: the
    columns of the other titles, the regression on these, and the columns of the part itself.
    """
    fold = rng.permutation(len(compared.sizes)) % N_FOLDS
    place = compared.likeness.catalog.ids.positions(compared.asked.ids.ids)
    own, sizes = fold[place], compared.sizes[place]
    rows, columns = compared.columns_apart(fold)
    model = learn_size(columns, sizes[rows])
    tried = np.empty(len(sizes))
    for number in np.unique(own).tolist():
        mine = np.flatnonzero(own == number)
        others, apart = compared.columns_apart(fold, without=number)
        blind = learn_size(apart, sizes[others])
        tried[mine] = blind.center(compared.columns(mine, fold != number))
    return model.with_errors(sizes, tried)
