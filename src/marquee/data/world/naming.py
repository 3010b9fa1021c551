"""Invented names: of titles, people, characters, places, companies."""

from __future__ import annotations

from collections.abc import Callable

from marquee.data.world import words
from marquee.data.world.streams import Picks

ACCENT_SHARE = 0.06
UNWANTED = ("quu", "uae", "aei", "oio", "iae", "nazi", "nig", "dik", "kok", "tit", "kak", "cum")
"""What nobody can say, or nobody should; a word that holds it is drawn again."""


def syllable(picks: Picks) -> str:
    """An opening consonant and a vowel."""
    vowel = picks.of(words.ACCENTED if picks.uniform() < ACCENT_SHARE else words.VOWELS)
    return picks.of(words.ONSETS) + vowel


def invented(picks: Picks, shortest: int = 2, longest: int = 3) -> str:
    """A capitalized word of so many syllables that is in no dictionary."""
    while True:
        size = shortest + picks.index(longest - shortest + 1)
        word = "".join(syllable(picks) for _ in range(size)) + picks.of(words.CODAS)
        if not any(sound in word for sound in UNWANTED):
            return word.capitalize()


def person(picks: Picks) -> str:
    """A first and a last name, now and then with a second last name."""
    first, last = invented(picks, 2, 2), invented(picks, 2, 3)
    return (
        f"{first} {last}-{invented(picks, 2, 2)}" if picks.uniform() < 0.04 else f"{first} {last}"
    )


def company(picks: Picks) -> str:
    """A production company."""
    return f"{invented(picks, 2, 3)} {picks.of(words.COMPANY_KINDS)}"


def title(picks: Picks) -> str:
    """The name of a film or show, from ordinary words in unusual company."""
    adjective, noun, other = (picks.of(w) for w in (words.ADJECTIVES, words.NOUNS, words.NOUNS))
    form = picks.index(8)
    if form < 2:
        return f"The {adjective} {noun}"
    if form == 2:
        return f"{invented(picks, 2, 3)} {noun}"
    if form == 3:
        return f"The {noun} and the {adjective} {other}"
    if form == 4:
        return f"The {noun} of {invented(picks, 2, 3)}"
    if form == 5:
        return f"Beneath the {adjective} {noun}"
    if form == 6:
        return f"Seven {adjective} Evenings in {invented(picks, 2, 2)}"
    return f"{invented(picks, 3, 3)}, My {adjective} {noun}"


def in_script(picks: Picks, language: str) -> str | None:
    """A name in the letters of the language, or None where it is written like the world's own.

    Languages with Latin letters get an invented word with an accent.
    """
    if language == "en":
        return None
    letters = words.SCRIPTS.get(language)
    if letters is None:
        return f"{invented(picks, 2, 2)} {picks.of(words.ACCENTED)}{invented(picks, 2, 3).lower()}"
    sizes = (3 + picks.index(3), 2 + picks.index(3))
    return " ".join("".join(picks.of(letters) for _ in range(size)) for size in sizes)


def distinct(n: int, draw: Callable[[Picks], str], picks: Picks) -> list[str]:
    """So many names that are all different, in the order drawn."""
    names: dict[str, None] = {}
    while len(names) < n:
        names[draw(picks)] = None
    return list(names)
