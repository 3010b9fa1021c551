"""What may be learned from and what is asked: divisions of labeled films by time or by chance.

``time:2011`` learns from films released up to 2011 and asks about later ones: the default, for that
is how a forecast is used. ``rolling:2006-2016`` asks about each year with a model that learned from
all earlier years. ``kfold:5`` divides by chance, so that a model learns from films that came after
those it is asked about; it flatters, and is labeled as a comparison wherever it is shown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import Labeled

Kind = Literal["time", "rolling", "kfold"]

ALLOWED = "time:2011, rolling:2006-2016, kfold:5"

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class FilmSplit:
    """Rows of a :class:`Labeled` to learn from and to ask about; no film is in both."""

    name: str
    kind: Kind
    train: Rows
    test: Rows
    fingerprint: str
    """SHA-256 of target, titles and outcomes of both parts, whatever the order of the rows.

    Figures of splits with different fingerprints cannot be compared.
    """

    @property
    def label(self) -> str:
        """The name; a division by chance says that it is only a comparison."""
        return f"{self.name} (comparison)" if self.kind == "kfold" else self.name


def film_splits(text: str, films: Labeled, *, seed: int = 0) -> list[FilmSplit]:
    """The splits that a word of the command line asks for: one by time, several else.

    Raises
    ------
    ParameterError
        If the word is none of those above, or leaves a part without films; the text tells which
        years the films have.
    """
    kind, _, argument = text.partition(":")
    if kind == "time" and re.fullmatch(r"\d{4}", argument):
        return [by_time(films, int(argument))]
    if kind == "rolling" and (span := re.fullmatch(r"(\d{4})-(\d{4})", argument)):
        return rolling(films, int(span[1]), int(span[2]))
    if kind == "kfold" and re.fullmatch(r"\d{1,4}", argument):
        return k_folds(films, int(argument), seed)
    raise ParameterError(f"split {text!r} is not of the form {ALLOWED}")


def by_time(films: Labeled, last_year: int) -> FilmSplit:
    """The split that learns from films released up to the end of that year."""
    early = films.years <= last_year
    return _split(f"time:{last_year}", "time", films, early, ~early)


def rolling(films: Labeled, first_year: int, last_year: int) -> list[FilmSplit]:
    """A split for each year with films: all earlier years to learn from, that year to ask about.

    Raises
    ------
    ParameterError
        If the years run backwards, none of them has films, or nothing lies before the first one.
    """
    if last_year < first_year:
        raise ParameterError(f"years must run forwards, got {first_year}-{last_year}")
    present = np.unique(films.years)
    years = [year for year in range(first_year, last_year + 1) if year in present]
    if not years:
        raise ParameterError(f"no film of {first_year}-{last_year}; {_span(films)}")
    return [
        _split(f"rolling:{year}", "rolling", films, films.years < year, films.years == year)
        for year in years
    ]


def k_folds(films: Labeled, n: int, seed: int) -> list[FilmSplit]:
    """The n splits in which every film is asked about once, all rows of a film together.

    Stratified: films are dealt out in the order of their outcome (classes, or tenths of a number),
    shuffled within each; so every part has its share of each. The same films and seed give the same
    parts in whatever order the rows come.

    Raises
    ------
    ParameterError
        If n is below 2 or above the number of films.
    """
    titles, first = np.unique(films.title_ids, return_index=True)
    if not 2 <= n <= titles.size:
        raise ParameterError(f"number of folds must be from 2 to the {titles.size} films, got {n}")
    if seed < 0:
        raise ParameterError(f"seed must be at least 0, got {seed}")
    stratum = _strata(films.outcome[first])
    shuffled = np.random.default_rng(seed).permutation(titles.size)
    dealt = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    part_of_title = np.empty(titles.size, np.int64)
    part_of_title[dealt] = np.arange(titles.size) % n
    part = part_of_title[np.searchsorted(titles, films.title_ids)]
    return [
        _split(f"kfold:{n}/{place + 1}", "kfold", films, part != place, part == place)
        for place in range(n)
    ]


def _strata(outcome: NDArray[np.float64]) -> NDArray[np.int64]:
    """Stratum of each film: its value where there are few, else the tenth that it lies in."""
    distinct = np.unique(outcome)
    if distinct.size <= 10:
        return np.searchsorted(distinct, outcome)
    return np.searchsorted(np.quantile(outcome, np.arange(0.1, 1, 0.1)), outcome)


def _split(
    name: str, kind: Kind, films: Labeled, learn: NDArray[np.bool_], ask: NDArray[np.bool_]
) -> FilmSplit:
    train, test = np.flatnonzero(learn), np.flatnonzero(ask)
    if not train.size or not test.size:
        raise ParameterError(
            f"split {name} leaves {train.size} films to learn from and {test.size} to ask about; "
            f"both need some; {_span(films)}"
        )
    titles = films.title_ids
    shared = np.intersect1d(titles[train], titles[test])
    if shared.size:
        raise ParameterError(
            f"split {name} leaks: {shared.size} film(s) are in both parts, first {shared[0]}"
        )
    return FilmSplit(
        name=name, kind=kind, train=train, test=test, fingerprint=_fingerprint(films, train, test)
    )


def _span(films: Labeled) -> str:
    years = films.years
    return f"films are of {years.min()} to {years.max()}" if years.size else "there are no films"


def _fingerprint(films: Labeled, train: Rows, test: Rows) -> str:
    digest = hashlib.sha256(films.target.encode())
    titles, outcome = films.title_ids, films.outcome
    for role, rows in (("test", test), ("train", train)):
        order = rows[np.lexsort((outcome[rows], titles[rows]))]
        digest.update(f"{role} {rows.size} rows\n".encode())
        digest.update(titles[order].astype("<i8").tobytes())
        digest.update(outcome[order].astype("<f8").tobytes())
    return digest.hexdigest()
