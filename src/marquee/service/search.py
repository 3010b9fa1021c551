"""Titles by what somebody has typed so far, spelled as they like."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.titles import APOSTROPHES, DROPPED, WORD, normalize, parse_title, plain
from marquee.errors import ParameterError
from marquee.models.kernels import compiled
from marquee.models.ranking import top_k
from marquee.service.facts import mid_ranks

EXACT, FIRST_WORDS, FIRST_LETTERS, SAME_LETTERS, ALL_WORDS = 0.95, 0.88, 0.85, 0.8, 0.75
"""What a match with the name is worth: the name itself; its first words; its first letters; these
without spaces and with numbers unified; a beginning of a word of it for every word typed."""

PEOPLE, NAME_AND_PEOPLE = 0.55, 0.45
"""The same among the title's people; some words in the name and the rest among the people."""

NEAR_NAME, NEAR_WORDS, NEAR_BEGINNINGS, NEAR_PEOPLE = 0.4, 0.35, 0.3, 0.25
"""The same with typing errors: the whole name; whole words; beginnings of words; people."""

WITHOUT_ARTICLE = 0.05
"""What a match loses that leaves out the article typed."""

BY_POPULARITY = 0.04
"""What popularity adds, from the least popular title to the most: never a better match."""

LEADS = 5
"""How many first billed actors a title is found by, beside its directors and writers."""

LEAST_WITH_ERRORS = 4
"""Letters from which on a word may have an error."""

LONGEST = 120
"""Characters of the text that are read."""

END = "\U0010ffff"
"""After every text that begins alike."""

_YEAR_TYPED = re.compile(r"^(?P<base>.*[^\s(\[])[\s(\[]+(?P<digits>[12]\d{0,3})[\s)\]]*$")
_DIGITS = re.compile(r"\d")
_IDEOGRAPHS = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]")
_LOOKALIKES = str.maketrans("0134578", "oieasvb")
_SPELLED_WITH_DIGITS = re.compile(r"(?=[^\W\d_]*\d)(?=\d*[^\W\d_])[^\W_]{3,}")


class TitleSearch:
    """An index of the names and people of titles.

    Case, accents, apostrophes, punctuation, articles in front, and script where we know how to
    transliterate do not matter. Better matches come first and equal ones by popularity.

    Parameters
    ----------
    titles, credits
        The canonical tables.
    n_ratings
        Number of ratings of each row of ``titles``.

    Raises
    ------
    ParameterError
        If ``n_ratings`` is not one number per title.
    """

    def __init__(self, titles: pl.DataFrame, credits: pl.DataFrame, n_ratings: ArrayLike) -> None:  # noqa: A002
        counts = np.asarray(n_ratings)
        if counts.shape != (titles.height,):
            raise ParameterError(f"n_ratings of shape {counts.shape} for {titles.height} titles")
        self._ids = titles["title_id"].to_numpy()
        self._years = titles["year"].fill_null(0).to_numpy()
        self._popularity = BY_POPULARITY * mid_ranks(counts)
        words: list[tuple[str, int]] = []
        spaced: list[tuple[str, int]] = []
        joined: list[tuple[str, int]] = []
        pairs = zip(titles["name"], titles["original_name"], strict=True)
        for row, names in enumerate(pairs):
            for name in _variants(*names):
                own = _words(name)
                words += [(word, row) for word in own]
                spaced += [(" ".join(kept), row) for kept in {tuple(own), tuple(_bare(own))}]
                joined.append((normalize(name), row))
        self._words, self._spaced, self._joined = map(_Spellings, (words, spaced, joined))
        self._people = _Spellings(_people(credits, self._ids))

    def find(self, text: str, n: int = 8) -> list[tuple[int, float]]:
        """The n best titles for the text: title ids and scores from 0 to 1, best first.

        A name that is or begins with the text comes before one that has its words elsewhere, then
        come people, and typing errors last: one in a word from four letters on, two from eight. A
        year at the end narrows, unless it is part of a name. Text without letters, digits or
        signs finds nothing.

        Raises
        ------
        ParameterError
            If n is below 1.
        """
        if n < 1:
            raise ParameterError(f"n must be at least 1, got {n}")
        typed = " ".join(text[:LONGEST].split())
        year = _YEAR_TYPED.match(typed)
        if year:
            match = self._of_year(year["base"], year["digits"], n)
        else:
            match = self._with_errors(typed, n)
        score = np.where(match > 0, match + self._popularity, -np.inf).astype(np.float32)
        found = top_k(score[None], n)
        return [
            (int(self._ids[row]), float(value))
            for row, value in zip(found.items[0], found.scores[0], strict=True)
            if row >= 0
        ]

    def _of_year(self, base: str, digits: str, n: int) -> NDArray[np.float32]:
        """As :meth:`_with_errors` for a text that ends in a year or its beginning.

        In turn, until something is found: the text with its number as part of the name, and for a
        whole year the titles of that year as well; the same with typing errors; titles of the
        year, where it is half typed; titles of any year, for it may be wrong.
        """
        # Without its brackets: in them it would not count as part of a name.
        match = self._match(f"{base} {digits}")
        named = None
        of_year = self._years // 10 ** (4 - len(digits)) == int(digits)
        if len(digits) == 4:
            named = self._with_errors(base, n)
            match = np.maximum(match, np.where(of_year, named, 0))
        if not match.any():
            match = self._with_errors(f"{base} {digits}", n)
        if not match.any():
            named = self._with_errors(base, n) if named is None else named
            match = np.where(of_year, named, 0) if (of_year & (named > 0)).any() else named
        return match

    def _match(self, text: str) -> NDArray[np.float32]:
        """How well each title matches the text as it is spelled, 0 where it does not."""
        match = np.zeros(len(self._ids), np.float32)
        words = _words(text)
        if not words:
            return match
        bare = _bare(words)
        if bare != words:
            self._rate(match, bare, WITHOUT_ARTICLE)
        self._rate(match, words, 0)
        key = normalize(text)
        _raise_to(match, self._joined.beginning(key), SAME_LETTERS)
        _raise_to(match, self._joined.equal(key), EXACT)
        return match

    def _rate(self, match: NDArray[np.float32], words: list[str], less: float) -> None:
        in_name = [self._mask(self._words.beginning(word)) for word in words]
        in_people = [self._mask(self._people.beginning(word)) for word in words]
        anywhere = [name | people for name, people in zip(in_name, in_people, strict=True)]
        text = " ".join(words)
        for rows, worth in (
            (np.logical_and.reduce(anywhere), NAME_AND_PEOPLE),
            (np.logical_and.reduce(in_people), PEOPLE),
            (np.logical_and.reduce(in_name), ALL_WORDS),
            (self._spaced.beginning(text), FIRST_LETTERS),
            (self._spaced.beginning(f"{text} "), FIRST_WORDS),
            (self._spaced.equal(text), EXACT),
        ):
            _raise_to(match, rows, worth - less)

    def _with_errors(self, text: str, n: int) -> NDArray[np.float32]:
        """As :meth:`_match`, and with typing errors where that finds fewer than n titles."""
        match = self._match(text)
        words = _bare(_words(text))
        if np.count_nonzero(match) >= n or not words:
            return match
        for index, whole_worth, worth in (
            (self._people, NEAR_PEOPLE, NEAR_PEOPLE),
            (self._words, NEAR_WORDS, NEAR_BEGINNINGS),
        ):
            wholes, beginnings = [], []
            for word in words:
                whole, beginning = index.near(word)
                spelled = self._mask(index.beginning(word))
                short = len(word) < LEAST_WITH_ERRORS and word.isalpha()
                if short and len(words) > 1 and not spelled.any():
                    continue  # an article, most likely, with an error of its own
                wholes.append(self._mask(whole) | spelled)
                beginnings.append(self._mask(beginning) | spelled)
            if wholes:
                _raise_to(match, np.logical_and.reduce(beginnings), worth)
                _raise_to(match, np.logical_and.reduce(wholes), whole_worth)
        whole, beginning = self._joined.near(normalize(text))
        _raise_to(match, beginning, NEAR_BEGINNINGS)
        _raise_to(match, whole, NEAR_NAME)
        return match

    def _mask(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        marked = np.zeros(len(self._ids), np.bool_)
        marked[rows] = True
        return marked


class _Spellings:
    """Texts in order, and the rows of the titles that each belongs to."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        frame = pl.DataFrame(
            list(pairs), schema={"text": pl.String, "row": pl.Int32}, orient="row"
        ).unique()
        # Polars orders text by its UTF-8 bytes, which is the order of Python's code points.
        frame = frame.filter(pl.col("text") != "").sort("text", "row")
        runs = frame.group_by("text", maintain_order=True).len()
        self.texts: list[str] = runs["text"].to_list()
        self.rows = frame["row"].to_numpy()
        self.starts = np.append(0, np.cumsum(runs["len"].to_numpy())).astype(np.int64)
        lengths = np.array([len(text) for text in self.texts], np.int64)
        self._letter_starts = np.append(0, np.cumsum(lengths)).astype(np.int64)
        self._letters = _code_points("".join(self.texts))
        marks = np.left_shift(np.uint64(1), (self._letters % 64).astype(np.uint64))
        self._marks = (
            np.bitwise_or.reduceat(marks, self._letter_starts[:-1]) if len(marks) else marks
        )

    def beginning(self, text: str) -> NDArray[np.int32]:
        """Rows of the titles with a text that begins so; a row may repeat."""
        return self._between(bisect_left(self.texts, text), bisect_left(self.texts, text + END))

    def equal(self, text: str) -> NDArray[np.int32]:
        """Rows of the titles with that very text."""
        return self._between(bisect_left(self.texts, text), bisect_right(self.texts, text))

    def near(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows with a text that is the one typed up to errors, and with one that begins so.

        Digits must be as typed: the second part is not the third misspelled.
        """
        errors = 2 if len(text) >= 8 else int(len(text) >= LEAST_WITH_ERRORS)
        if not errors or not self.texts:
            return self.rows[:0], self.rows[:0]
        distances = np.full((2, len(self.texts)), errors + 1, np.int8)
        letters = _code_points(text)
        mark = np.bitwise_or.reduce(np.left_shift(np.uint64(1), (letters % 64).astype(np.uint64)))
        _count_errors(
            letters, mark, errors, self._letters, self._letter_starts, self._marks, distances
        )
        digits = _DIGITS.findall(text)
        whole, beginning = (np.flatnonzero(row <= errors).tolist() for row in distances)
        return (
            self._rows_of([n for n in whole if _DIGITS.findall(self.texts[n]) == digits]),
            self._rows_of(
                [n for n in beginning if _DIGITS.findall(self.texts[n])[: len(digits)] == digits]
            ),
        )

    def _between(self, low: int, high: int) -> NDArray[np.int32]:
        return self.rows[self.starts[low] : self.starts[high]]

    def _rows_of(self, numbers: list[int]) -> NDArray[np.int32]:
        parts = [self._between(number, number + 1) for number in numbers]
        return np.concatenate(parts) if parts else self.rows[:0]


def _raise_to(match: NDArray[np.float32], rows: NDArray[np.generic], worth: float) -> None:
    """Sets the rows, given as positions or as a mask, to that worth unless they have more."""
    match[rows] = np.maximum(match[rows], np.float32(worth))


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).copy()


def _words(text: str) -> list[str]:
    """The folded words of a text; ideographs, which stand without spaces, are words each."""
    folded = plain(APOSTROPHES.sub("", text))
    if not folded.isascii():
        folded = _IDEOGRAPHS.sub(r" \g<0> ", folded)
    return WORD.findall(folded) or list(filter(None, ["".join(folded.split())]))


def _bare(words: list[str]) -> list[str]:
    """The words without an article in front, unless nothing would be left."""
    return words[1:] if len(words) > 1 and words[0] in DROPPED else words


def _variants(*names: str | None) -> set[str]:
    """The names themselves, those in parentheses, and with letters for digits that look alike."""
    variants: set[str] = set()
    for name in filter(None, names):
        variants.add(name)
        if name.endswith(")"):
            parsed = parse_title(name)
            variants |= {parsed.name, *parsed.also}
        if not name.isalpha() and _SPELLED_WITH_DIGITS.search(name):
            variants.add(
                _SPELLED_WITH_DIGITS.sub(lambda found: found[0].translate(_LOOKALIKES), name)
            )
    return variants


def _people(
    credits: pl.DataFrame,  # noqa: A002
    ids: NDArray[np.int64],
) -> Iterable[tuple[str, int]]:
    """Pairs of a word of a person's name and the row of a title: directed, written or led by them.

    Whoever is named only once in a title's credits of a role counts in the order of the billing.
    """
    rows = pl.DataFrame({"title_id": ids, "row": np.arange(len(ids), dtype=np.int32)})
    billed = (
        credits.filter(pl.col("role").is_in(["director", "writer", "actor"]))
        .select("title_id", "role", "person", "position")
        .sort("position", nulls_last=True, maintain_order=True)
        .filter(
            (pl.col("role") != "actor") | (pl.int_range(pl.len()).over("title_id", "role") < LEADS)
        )
        .join(rows, on="title_id")
    )
    names = billed["person"].unique()
    spelled = pl.DataFrame(
        {"person": names, "word": [_words(name) for name in names]},
        schema={"person": pl.String, "word": pl.List(pl.String)},
    )
    return billed.join(spelled, on="person").select("word", "row").explode("word").iter_rows()


@compiled("void(uint32[::1], uint64, int64, uint32[::1], int64[::1], uint64[::1], int8[:, ::1])")
def _count_errors(
    typed: NDArray[np.uint32],
    mark: int,
    errors: int,
    letters: NDArray[np.uint32],
    starts: NDArray[np.int64],
    marks: NDArray[np.uint64],
    distances: NDArray[np.int8],
) -> None:
    """Errors between what was typed and each text, and the beginning of it that is nearest.

    An error is a letter too many, missing or wrong, or two neighbors swapped (the optimal string
    alignment distance). Only those of at most ``errors`` are written.
    """
    n = len(typed)
    rows = np.zeros((3, n + errors + 1), np.int64)
    for word in range(len(marks)):
        start, length = starts[word], starts[word + 1] - starts[word]
        if length < n - errors:
            continue
        # Each letter that the text lacks altogether costs an error: most texts end here.
        lacking, n_lacking = mark & ~marks[word], 0
        while lacking and n_lacking <= errors:
            lacking &= lacking - np.uint64(1)
            n_lacking += 1
        if n_lacking > errors:
            continue
        width = min(length, n + errors)
        before, last, row = rows[0], rows[1], rows[2]
        for j in range(width + 1):
            last[j] = j
        for i in range(1, n + 1):
            row[0] = i
            least = i
            for j in range(1, width + 1):
                letter = letters[start + j - 1]
                cost = last[j - 1] + (typed[i - 1] != letter)
                cost = min(cost, last[j] + 1, row[j - 1] + 1)
                if (
                    i > 1
                    and j > 1
                    and typed[i - 1] == letters[start + j - 2]
                    and typed[i - 2] == letter
                ):
                    cost = min(cost, before[j - 2] + 1)
                row[j] = cost
                least = min(least, cost)
            before, last, row = last, row, before
            if least > errors:
                break
        else:
            for j in range(width + 1):
                if last[j] <= errors:
                    distances[1, word] = min(distances[1, word], last[j])
                    if j == length:
                        distances[0, word] = last[j]
