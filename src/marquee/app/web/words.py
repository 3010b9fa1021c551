"""How facts are written for a reader: stars, names in addresses, minutes, days."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from marquee.data.feedback import Event
from marquee.data.titles import plain
from marquee.service.records import counted
from marquee.service.traits import in_common


def slug(name: str) -> str:
    """The name as part of an address: ``Amélie & Co`` is ``amelie-and-co``."""
    return re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-") or "title"


def stars(value: float) -> str:
    """Stars as a person writes them: 3½ stars, 1 star."""
    whole = int(value)
    text = ("" if whole == 0 and value % 1 else str(whole)) + ("½" if value % 1 else "")
    return f"{text} {'star' if value <= 1 else 'stars'}"


def one_decimal(value: float) -> str:
    """The number with one decimal, halves away from zero as people round."""
    return f"{math.floor(value * 10 + 0.5) / 10:.1f}"


def minutes(value: int) -> str:
    """A running time: 2 h 4 min."""
    hours, rest = divmod(value, 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]))


def day(value: date) -> str:
    """A day: 4 March 2024."""
    return f"{value.day} {value:%B %Y}"


def thousands(value: int) -> str:
    """A whole number in groups of three digits."""
    return f"{value:,}"


WORDS = {
    "unrate": "took the stars back",
    "seen": "marked as seen",
    "unseen": "not seen after all",
    "watchlist": "put on the watchlist",
    "unwatchlist": "taken off the watchlist",
    "hide": "not interested",
    "unhide": "may be shown again",
    "good_pick": "a good pick",
    "bad_pick": "not a good pick",
    "thumbs_up": "liked a list",
    "thumbs_down": "disliked a list",
    "comment": "said something about a list",
}
"""What was said, by verb."""


def told(event: Event) -> str:
    """What a viewer said, in words."""
    words = WORDS.get(event.verb, event.verb)
    if event.verb == "rate" and event.value is not None:
        words = stars(event.value)
    if event.verb == "watch" and event.value is not None:
        words = f"watched {event.value:.0%}"
    return f"{words}: {event.reason}" if event.reason else words


FEW = 5
"""Titles of a viewer's own from which on a share of what they say says something."""


def weight(share: float, n_own: int) -> str:
    """How much of what raised a score one title of the viewer's ``n_own`` brought.

    Of one or a few titles a share reads like certainty, so it is said how few they are.
    """
    if n_own < 2:
        return "it is the one title of yours that we know so far"
    part = f"{math.floor(100 * share + 0.5)} %"
    if n_own < FEW:
        return f"{part} of what your {n_own} titles so far say for this"
    return f"{part} of what speaks for this"


def _spelled(pairs: str) -> dict[str, str]:
    return dict(pair.split(" ", 1) for pair in pairs.split(", "))


LANGUAGES = _spelled(
    "ar Arabic, bg Bulgarian, bn Bengali, ca Catalan, cn Cantonese, cs Czech, da Danish, "
    "de German, el Greek, en English, es Spanish, et Estonian, fa Persian, fi Finnish, fr French, "
    "he Hebrew, hi Hindi, hr Croatian, hu Hungarian, id Indonesian, is Icelandic, it Italian, "
    "ja Japanese, ko Korean, lt Lithuanian, lv Latvian, ml Malayalam, nl Dutch, no Norwegian, "
    "pl Polish, pt Portuguese, ro Romanian, ru Russian, sk Slovak, sl Slovenian, sr Serbian, "
    "sv Swedish, ta Tamil, te Telugu, th Thai, tr Turkish, uk Ukrainian, vi Vietnamese, zh Chinese"
)
"""Languages by their ISO 639-1 letters; others are shown by the letters."""

COUNTRIES = _spelled(
    "AR Argentina, AT Austria, AU Australia, BE Belgium, BG Bulgaria, BR Brazil, CA Canada, "
    "CH Switzerland, CL Chile, CN China, CZ Czechia, DE Germany, DK Denmark, EG Egypt, "
    "ES Spain, FI Finland, FR France, GB United Kingdom, GR Greece, HK Hong Kong, HR Croatia, "
    "HU Hungary, IE Ireland, IL Israel, IN India, IR Iran, IS Iceland, IT Italy, "
    "JP Japan, KR South Korea, MX Mexico, NG Nigeria, NL Netherlands, NO Norway, "
    "NZ New Zealand, PL Poland, PT Portugal, RO Romania, RS Serbia, RU Russia, "
    "SE Sweden, SI Slovenia, SK Slovakia, TH Thailand, TR Turkey, TW Taiwan, "
    "UA Ukraine, US United States, ZA South Africa"
)
"""Countries by their ISO 3166-1 letters; others are shown by the letters."""


def language(code: str) -> str:
    """The name of a language in English."""
    return LANGUAGES.get(code, code)


def country(code: str) -> str:
    """The name of a country in English."""
    return COUNTRIES.get(code, code)


def leaning(value: float, low: float, left: str, right: str) -> str:
    """What a slider says of where it stands: 40 % Newer, or Neither in the middle."""
    if value == 0:
        return "Neither" if low < 0 else left
    return f"{math.floor(abs(value) * 100 + 0.5)} % {left if value < 0 else right}"


FILTERS: dict[str, Callable[..., Any]] = {
    "slug": slug,
    "stars": stars,
    "one_decimal": one_decimal,
    "minutes": minutes,
    "day": day,
    "thousands": thousands,
    "counted": counted,
    "told": told,
    "language": language,
    "country": country,
    "leaning": leaning,
    "weight": weight,
    "in_common": in_common,
}
"""The words that templates use, by name."""
