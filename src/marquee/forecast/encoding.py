"""Feature frames as matrices of numbers, for estimators that take nothing else.

Importing this file imports scikit-learn, so estimators import it where they need it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from marquee.errors import NotFittedError, ParameterError, SchemaError
from marquee.forecast.base import ASKED, PEOPLE_ENDING
from marquee.forecast.vocabulary import (
    direction_names,
    plain_texts,
    text_directions,
    vocabulary,
    word_matrix,
)

Impute = Literal["median", "iterative"]
Scale = Literal["minmax", "standard"]
Text = Literal["tfidf-svd", "topics"]

_TEXT_ENDING = "_text"
"""A column of strings is a text if its name ends so, else a category."""

_LIMITS: dict[Scale | None, tuple[float, float]] = {"minmax": (0.0, 1.0), "standard": (-5.0, 5.0)}
"""Where scaled numbers are cut. The film after one that made 12,890 times its budget stood 1,189
standard deviations out, which moved a network's forecast of it by a factor of two million."""


@dataclass(kw_only=True, eq=False, repr=False)
class Encoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A transformer from a feature frame to a matrix of float64, for scikit-learn pipelines.

    What a column becomes follows from its type. A number or flag (1 or 0) stays one column, and
    gets a second one, 1 where it is unknown, if it is imputed and was unknown for a training row.
    A category or list becomes a column per word that the training rows hold often enough, unknown
    being a word of its own; a word that has no column, because it is rare or new, leaves no trace.
    Only numbers and flags are scaled. A list of people, or a column that is unknown in all training
    rows, is left out.
    """

    min_count: int = 10
    """Training rows that must hold a word for it to get a column."""
    max_words: int = 100
    """Most columns that one category or list becomes, those of its commonest words."""
    log_money: bool = True
    """Whether a number whose name ends in ``_usd`` enters as sign(x) log(1 + |x|)."""
    impute: Impute | None = None
    """What stands for an unknown number: the training median, or a Bayesian ridge regression on
    the other numbers, repeated in turn; None leaves NaN, which trees can take, in columns where a
    training row had it. Elsewhere trees learned nothing of gaps, and the median stands for one."""
    scale: Scale | None = None
    """Numbers from 0 to 1 over the training rows and cut there, or of mean 0 and variance 1 there
    and cut at 5 standard deviations; None leaves them."""
    text: Text | None = None
    """What texts become: TF-IDF of their words in ``text_dims`` directions, as many topics, or
    nothing."""
    text_dims: int = 20
    seed: int = 0

    kinds_: dict[str, str] = field(init=False)
    """Kind of each column of the fit: number, flag, category, list or text."""
    numbers_: list[str] = field(init=False)
    """Numbers and flags that some training row holds, in the order of their columns."""
    medians_: NDArray[np.float64] = field(init=False)
    """Median of each of them, NaN where a training row lacked it, shape (n_numbers,)."""
    unknown_: list[str] = field(init=False)
    """Those of them that have a second column, 1 where they are unknown."""
    words_: dict[str, list[str]] = field(init=False)
    """Words that have a column, by category or list."""
    texts_: dict[str, Any] = field(init=False)
    """Fitted pipeline of each text."""
    imputer_: Any = field(init=False)
    scaler_: Any = field(init=False)
    names_: list[str] = field(init=False)
    """Names of the matrix's columns: ``runtime_min``, ``runtime_min (unknown)``,
    ``genres = Drama``, ``plot_text [3]``, of topics ``plot_text [3: war army soldier]``."""
    sources_: list[str] = field(init=False)
    """Feature column that each column of the matrix comes from."""

    def fit(self, features: pl.DataFrame, outcome: object = None) -> Self:  # noqa: ARG002  # asked by scikit-learn
        """Learns words, medians and scales from the rows.

        Raises
        ------
        ParameterError
            If a setting is not one of those allowed, or no column can be used.
        SchemaError
            If a column is of another type than numbers, flags, strings and lists of strings.
        """
        self._check()
        self.kinds_ = {name: _kind(features[name]) for name in _columns(features)}
        held = [name for name in self._of("number", "flag") if _known(features[name]).any()]
        self.numbers_ = held
        raw = self._raw(features)
        lacking = np.isnan(raw).any(axis=0)
        self.medians_ = np.full(len(held), np.nan)
        self.medians_[~lacking] = np.median(raw[:, ~lacking], axis=0)
        gaps = np.flatnonzero(lacking) if self.impute else ()
        self.unknown_ = [held[gap] for gap in gaps]
        self.imputer_, self.scaler_ = _imputer(self.impute, self.seed), _scaler(self.scale)
        if held:
            filled = self.imputer_.fit_transform(raw) if self.imputer_ is not None else raw
            if self.scaler_ is not None:
                self.scaler_.fit(filled)
        self.words_ = {
            name: vocabulary(features[name], self.min_count, self.max_words)
            for name in self._of("category", "list")
        }
        fitted = {
            name: text_directions(
                features[name],
                self.text_dims,
                self.min_count,
                self.seed,
                topics=self.text == "topics",
            )
            for name in (self._of("text") if self.text else ())
        }
        self.texts_ = {name: pipeline for name, pipeline in fitted.items() if pipeline is not None}
        self._name()
        if not self.names_:
            raise ParameterError(
                f"none of the {len(self.kinds_)} feature columns can be used: all are unknown in "
                f"all rows, or hold no word in {self.min_count} of them"
            )
        return self

    def transform(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """The matrix of the rows, shape (n_rows, n_columns); NaN only where nothing is imputed.

        Raises
        ------
        SchemaError
            If a column of the fit is missing or of another kind now.
        """
        if not hasattr(self, "names_"):
            raise NotFittedError("Encoder is not fitted; call fit() first")
        absent = [name for name in self.kinds_ if name not in features.columns]
        if absent:
            raise SchemaError(f"the features lack column(s) {absent}, which were there in the fit")
        raw = self._raw(features)
        numbers = np.where(np.isnan(raw), self.medians_, raw)
        if self.numbers_ and features.height:
            if self.imputer_ is not None:
                numbers = self.imputer_.transform(raw)
            if self.scaler_ is not None:
                numbers = self.scaler_.transform(numbers).clip(*_LIMITS[self.scale])
        gaps = np.isnan(raw)[:, [self.numbers_.index(name) for name in self.unknown_]]
        parts = [numbers, gaps.astype(np.float64)]
        for name, words in self.words_.items():
            parts.append(word_matrix(self._checked(features, name), words))
        for name, pipeline in self.texts_.items():
            texts = plain_texts(self._checked(features, name))
            parts.append(pipeline.transform(texts) if texts else np.empty((0, _dims(pipeline))))
        return np.hstack(parts)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002  # asked by scikit-learn
        """Names of the matrix's columns."""
        return np.asarray(self.names_, dtype=object)

    def _check(self) -> None:
        for name, allowed in (("impute", Impute), ("scale", Scale), ("text", Text)):
            value = getattr(self, name)
            if value is not None and value not in get_args(allowed):
                raise ParameterError(f"{name} must be None or one of {get_args(allowed)}: {value}")
        for name in ("min_count", "max_words", "text_dims"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, got {getattr(self, name)}")

    def _of(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.kinds_.items() if kind in kinds]

    def _checked(self, features: pl.DataFrame, name: str) -> pl.Series:
        """The column, which must be of the kind that it was of in the fit, or all unknown."""
        values = features[name]
        if values.null_count() == values.len():
            dtype = pl.List(pl.String) if self.kinds_[name] == "list" else pl.String
            return pl.Series(name, [None] * values.len(), dtype=dtype)
        if _kind(values) != self.kinds_[name]:
            raise SchemaError(
                f"column {name} held a {self.kinds_[name]} in the fit, now {values.dtype}"
            )
        return values

    def _raw(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Numbers and flags before imputing and scaling, NaN where unknown or not finite."""
        raw = np.empty((features.height, len(self.numbers_)))
        for column, name in enumerate(self.numbers_):
            values = self._checked(features, name).cast(pl.Float64).to_numpy()
            values = np.where(np.isfinite(values), values, np.nan)
            if self.log_money and name.endswith("_usd"):
                values = np.sign(values) * np.log1p(np.abs(values))
            raw[:, column] = values
        return raw

    def _name(self) -> None:
        named = [(name, name) for name in self.numbers_]
        named += [(f"{name} (unknown)", name) for name in self.unknown_]
        for name, words in self.words_.items():
            named += [(f"{name} = {word}", name) for word in words]
        for name, pipeline in self.texts_.items():
            named += [(f"{name} [{told}]", name) for told in direction_names(pipeline)]
        self.names_ = [name for name, _ in named]
        self.sources_ = [source for _, source in named]


def _columns(features: pl.DataFrame) -> list[str]:
    return [
        name for name in features.columns if name not in ASKED and not name.endswith(PEOPLE_ENDING)
    ]


def _kind(values: pl.Series) -> str:
    """What the column holds, by its type; a column without a type is an unknown number."""
    dtype = values.dtype
    if dtype == pl.Boolean:
        return "flag"
    if dtype.is_numeric() or dtype == pl.Null:
        return "number"
    if dtype == pl.String:
        return "text" if values.name.endswith(_TEXT_ENDING) else "category"
    if dtype in (pl.List(pl.String), pl.List(pl.Null)):
        return "list"
    raise SchemaError(
        f"column {values.name} is of type {dtype}; features are numbers, flags (Boolean), strings "
        "or lists of strings"
    )


def _known(values: pl.Series) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isfinite(values.cast(pl.Float64).fill_null(np.nan).to_numpy())
    return known


def _imputer(impute: Impute | None, seed: int) -> Any:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # allows the import
    from sklearn.impute import IterativeImputer, SimpleImputer

    if impute == "iterative":
        return IterativeImputer(max_iter=5, random_state=seed)
    return SimpleImputer(strategy="median") if impute == "median" else None


def _scaler(scale: Scale | None) -> Any:
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if scale == "standard":
        return StandardScaler()
    return MinMaxScaler() if scale == "minmax" else None


def _dims(pipeline: Any) -> int:
    """Number of directions of a fitted pipeline of texts."""
    return int(pipeline[-1].n_components)
