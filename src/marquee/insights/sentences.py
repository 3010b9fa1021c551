"""Sentences whose numbers are named, so that text is rendered from figures and never typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from marquee.errors import ParameterError

MINUS = "\N{MINUS SIGN}"
GAP = "\N{NO-BREAK SPACE}"
"""Between a number and its unit, and within an interval: they stay on one line."""

_SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


@dataclass(frozen=True)
class Number:
    """A figure of a sentence, with the interval that holds it and the rows it rests on.

    In a template ``{name}`` gives the value with its unit, ``{name:bare}`` the value alone,
    ``{name:range}`` its interval without a unit in words, ``{name:sure}`` the value and its
    interval in parentheses, and ``{name:size}`` the same without signs, for "lower by"; an interval
    that spans zero has none. Without an interval ``sure`` is the value.

    Raises
    ------
    ParameterError
        If a figure is not finite, or the interval does not hold the value.
    """

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    """``%`` for a share (0.25 is 25%), ``points`` for a difference of shares, ``$`` for US dollars,
    ``year`` for a year or another number without separators, or a word such as ``stars``."""
    digits: int = 0
    """Digits after the point, of millions and above with their scale."""
    n: int | None = None
    """Rows that it rests on."""

    def __post_init__(self) -> None:
        figures = [x for x in (self.low, self.value, self.high) if x is not None]
        if not all(map(math.isfinite, figures)):
            raise ParameterError(f"a number in a sentence must be finite, got {figures}")
        if (self.low is None) != (self.high is None) or figures != sorted(figures):
            raise ParameterError(f"an interval must hold its value, got {figures}")

    @property
    def is_sure(self) -> bool:
        """Whether there is an interval, and it leaves out zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    @property
    def text(self) -> str:
        """The value with its unit."""
        return self._with_unit(self.value)

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        match spec:
            case "":
                return self.text
            case "bare":
                return self._figure(self.value)
            case "range":
                return self._range(self.low, self.high)
            case "sure":
                held = f" ({self._range(self.low, self.high)})" if self.low is not None else ""
                return self.text + held
            case "size":
                return f"{self._size():sure}"
        raise ParameterError(f"a number is shown plain, bare, range, sure or size, not {spec!r}")

    def _size(self) -> Number:
        if not self.is_sure or self.low is None or self.high is None:
            return Number(abs(self.value), unit=self.unit, digits=self.digits)
        low, high = sorted((abs(self.low), abs(self.high)))
        return Number(abs(self.value), low, high, self.unit, self.digits)

    def _range(self, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            raise ParameterError(f"{self.text} has no interval to show")
        whole = self.unit in ("%", "$", "year")
        first = self._with_unit(low) if whole else self._figure(low)
        last = self._with_unit(high) if whole else self._figure(high)
        return f"{first}{GAP}to{GAP}{last}"

    def _with_unit(self, value: float) -> str:
        figure = self._figure(value)
        return f"{figure}{GAP}{self.unit}" if self.unit not in ("", "%", "$", "year") else figure

    def _figure(self, value: float) -> str:
        size, after, scale = abs(value), "", 1.0
        if self.unit in ("%", "points"):
            size, after = size * 100, "%" if self.unit == "%" else ""
        elif self.unit == "$":
            for scale, name in _SCALES:
                if round(size / scale * 1000, self.digits) >= 1000:
                    size, after = size / scale, f"{GAP}{name}"
                    break
            else:
                scale = 1.0
        digits = 0 if self.unit == "$" and scale == 1.0 else self.digits
        text = f"{size:.{digits}f}" if self.unit == "year" else f"{size:,.{digits}f}"
        negative = value < 0 and any(digit in text for digit in "123456789")
        return f"{MINUS if negative else ''}{'$' if self.unit == '$' else ''}{text}{after}"


@dataclass(frozen=True)
class Sentence:
    """A template and what stands in its places: numbers, and words taken from the data.

    Raises
    ------
    ParameterError
        If a digit is typed into the template, or places and names do not match.
    """

    template: str
    named: Mapping[str, Number | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = list(Formatter().parse(self.template))
        typed = [text for text, *_ in parts if any(map(str.isdigit, text))]
        if typed:
            raise ParameterError(f"a digit is typed into {typed[0]!r}; name the number instead")
        places = {name for _, name, *_ in parts if name is not None}
        if places != set(self.named):
            raise ParameterError(
                f"the template names {sorted(places)} and is given {sorted(self.named)}"
            )

    @property
    def text(self) -> str:
        """The sentence as it is read."""
        return self.template.format_map(self.named)

    def __str__(self) -> str:
        return self.text

    @property
    def numbers(self) -> dict[str, Number]:
        """The numbers by name."""
        return {name: value for name, value in self.named.items() if isinstance(value, Number)}


def said(template: str, **named: Number | str) -> Sentence:
    """A sentence of that template; see :class:`Number` for how a place shows its number.

    Examples
    --------
    >>> said("{share} of the ratings are high.", share=Number(0.5, unit="%")).text
    '50% of the ratings are high.'
    """
    return Sentence(template, named)


def count(n: int, unit: str = "") -> Number:
    """A plain count."""
    return Number(n, unit=unit, n=n)


def listed(words: list[str]) -> str:
    """The words as an enumeration: a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def plain(sentence: Sentence) -> dict[str, Any]:
    """The sentence for machines: its text, and each number with its interval."""
    return {
        "text": sentence.text,
        "numbers": {
            name: {
                "value": number.value,
                "low": number.low,
                "high": number.high,
                "unit": number.unit,
                "n": number.n,
            }
            for name, number in sentence.numbers.items()
        },
    }
