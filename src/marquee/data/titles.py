"""Names of films and shows: taken apart for display, and folded so that spellings compare equal.

Sources write one film as ``Godfather, The (1972)``, ``The Godfather`` and ``Крёстный отец``.
:func:`parse_title` undoes a source's conventions for whoever reads the name; :func:`normalize` goes
on until two spellings of one name are the same key. A key is for comparing, never for showing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

ENGLISH_ARTICLES = ("the", "a", "an")
DROPPED = frozenset(
    {*ENGLISH_ARTICLES, "le", "la", "les", "der", "das", "el", "los", "las", "il", "lo", "gli"}
)
"""Articles that sources leave out at the front of a name, so that a key goes without them."""

ARTICLES = (
    *sorted(DROPPED),
    *("l'", "un", "une", "die", "ein", "eine", "una", "uno", "o", "os", "as", "um", "uma"),
    *("de", "het", "een", "den", "det", "en", "ett", "et"),
)
"""Articles that catalogs move behind a comma. Those not in ``DROPPED`` are common words of other
languages: without them ``Die Hard`` would be ``Hard`` and ``O`` nothing."""

_MOVED = re.compile(
    r",\s*(" + "|".join(sorted(ARTICLES, key=len, reverse=True)) + r")(?=\s*(?:$|[:(]| - ))",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\s*[(\[]\s*(\d{4})(?:\s*[-–/]\s*(?:\d{2,4})?)?\s*[)\]]\s*$")
_ASIDE = re.compile(r"\s+\(([^()]+)\)$")
_ALSO = re.compile(r"^(?:a\.?k\.?a\.?|also known as)\s+", re.IGNORECASE)
APOSTROPHES = re.compile(r"['’‘‛`´ʹʻʼ]")
_SEGMENT = re.compile(r"[:;()\[\]–—/]|\s-\s")
_WHOSE = re.compile(r"^(?:[^\W\d_][\w.]*\s+){0,2}[\w.]+['’]s\s+")
WORD = re.compile(r"[^\W_]+")

_ROMANS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_COUNTS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_ROMAN = {word: str(value) for value, word in enumerate(_ROMANS.split(), start=1)}
_NUMBERS = {word: str(value) for value, word in enumerate(_COUNTS.split(), start=1)}
_TENS = {
    word: value * 10
    for value, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_PARTS = frozenset({"part", "pt", "vol", "volume", "chapter", "episode"})
_SHORT = {
    "mister": "mr",
    "missus": "mrs",
    "doctor": "dr",
    "saint": "st",
    "versus": "vs",
    "n": "and",
}

_SPELLED = (
    "ж zh, х kh, ц ts, ч ch, ш sh, щ shch, ю yu, я ya, є ye, ђ dj, љ lj, њ nj, ћ c, џ dz, "
    "θ th, χ ch, ψ ps, æ ae, œ oe, ø o, ł l, đ d, þ th, ð d, ı i, ħ h, ŋ ng, ə e, ß ss"
)
_LETTERS = str.maketrans(
    dict(zip("абвгдезиклмнопрстуфыэіґјѕ", "abvgdeziklmnoprstufyeigjz", strict=True))
    | dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True))
    | dict(pair.split() for pair in _SPELLED.split(", "))
    | {"ъ": "", "ь": "", "¢": "c", "&": " and ", "+": " and ", "⁄": " "}
)
"""Letters that Unicode does not take apart, after case folding and decomposition."""


class ParsedTitle(NamedTuple):
    """A title as a person reads it."""

    name: str
    """The name with its article in front, without the year."""
    year: int | None
    also: tuple[str, ...]
    """Other names that stood in parentheses at the end, in order."""


def parse_title(text: str) -> ParsedTitle:
    """The name, year and other names in a title such as ``Postino, Il (The Postman) (1994)``.

    A span of years, as shows have, gives its first. Parentheses elsewhere than at the end are part
    of the name.

    Examples
    --------
    >>> parse_title("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    ParsedTitle(name='The City of Lost Children', year=1995, also=('La Cité des enfants perdus',))
    """
    name, year = split_year(text)
    also: list[str] = []
    while found := _ASIDE.search(name):
        name = name[: found.start()]
        also.insert(0, article_first(_ALSO.sub("", found[1].strip())))
    return ParsedTitle(article_first(name), year, tuple(filter(None, also)))


def split_year(text: str) -> tuple[str, int | None]:
    """The text without a trailing year in parentheses, and that year."""
    bare = " ".join(text.split())
    found = _YEAR.search(bare)
    if found is None or found.start() == 0:
        return bare, None
    return bare[: found.start()], int(found[1])


def article_first(name: str) -> str:
    """The name with an article that was moved behind a comma put back in front."""
    found = _MOVED.search(name)
    if found is None or found.start() == 0:
        return name
    article = found[1]
    gap = "" if article.endswith("'") else " "
    return f"{article}{gap}{name[: found.start()]}{name[found.end() :]}"


def plain(text: str) -> str:
    """The text case-folded, without diacritics, and in Latin letters where we know how.

    Letters of scripts that we do not transliterate stay as they are.
    """
    folded = text.casefold()
    if folded.isascii():
        return folded.replace("&", " and ").replace("+", " and ")
    # Letters in fancy dress come out of it as plain ones, which may be capitals.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", folded).casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFKC", bare.translate(_LETTERS))


def normalize(name: str) -> str:
    """The key under which spellings of one name are equal; empty only for empty text.

    Folded away: the year in parentheses, case, diacritics, script (Cyrillic and Greek), articles,
    punctuation and spacing, ``&`` and ``+``, Roman numerals at the end of a part of the name,
    number words, and ``part``, ``vol`` and the like before a number.

    Examples
    --------
    >>> normalize("Godfather: Part II, The (1974)") == normalize("The Godfather 2")
    True
    """
    bare, _ = split_year(name)
    # Unify before folding: NFKD would turn an acute accent that stands for an apostrophe into a
    # space.
    text = plain(APOSTROPHES.sub("'", bare))
    text = _front(article_first(text))
    words: list[str] = []
    for segment in _SEGMENT.split(text.replace("'", "")):
        words += _numbered(WORD.findall(segment))
    words = [word for place, word in enumerate(words) if not _is_article(words, place)]
    return "".join(_SHORT.get(word, word) for word in words) or "".join(text.split())


def _front(text: str) -> str:
    """The text without a leading article, unless nothing would be left."""
    first, gap, rest = text.strip().partition(" ")
    if first.startswith("l'") and len(first) > 2:
        return first[2:] + gap + rest
    return rest if first in DROPPED and WORD.search(rest) else text


def _is_article(words: list[str], place: int) -> bool:
    """Whether the word is an English article before a noun; the A of ``M*A*S*H`` is a letter."""
    if words[place] not in ENGLISH_ARTICLES or place + 1 == len(words):
        return False
    spelled = place > 0 and len(words[place - 1]) == len(words[place + 1]) == 1
    return not (words[place] == "a" and spelled)


def _numbered(words: list[str]) -> list[str]:
    """The words of one part of a name with its numbers as digits."""
    digits: list[str] = []
    for place, word in enumerate(words):
        number = _NUMBERS.get(word, word)
        tens = _TENS.get(words[place - 1], 0) if place else 0
        if tens and word in _NUMBERS and int(number) < 10:
            digits[-1] = str(tens + int(number))
        else:
            digits.append(str(_TENS[word]) if word in _TENS else number)
    if len(words) > 1 and words[-1] in _ROMAN and (words[-1] != "i" or words[-2] in _PARTS):
        digits[-1] = _ROMAN[words[-1]]
    return [
        word
        for place, word in enumerate(digits)
        if not (word in _PARTS and place + 1 < len(digits) and digits[place + 1].isdigit())
    ]


def name_keys(*names: str | None) -> frozenset[str]:
    """The keys of every name that a title goes by, those in parentheses included.

    ``Leon (The Professional)`` goes by itself, ``Leon`` and ``The Professional``. Names that are
    null or empty give nothing.
    """
    texts: set[str] = set()
    for name in {name for name in names if name}:
        bare, _ = split_year(name)
        parsed = parse_title(bare)
        texts |= {article_first(bare), parsed.name, *parsed.also}
    return frozenset({normalize(text) for text in texts} - {""})


def part_keys(*names: str | None) -> frozenset[str]:
    """The keys of what the names may be shortened to: a part, or all but whose it is.

    ``Star Wars: Episode IV`` may be ``Star Wars``, ``Bram Stoker's Dracula`` may be ``Dracula``.
    Parts of up to three letters are none.
    """
    keys: set[str] = set()
    for name in {name for name in names if name}:
        whole = parse_title(name).name
        parts = [part for part in _SEGMENT.split(whole) if part.strip()]
        shorter = {parts[0], parts[-1]} if len(parts) > 1 else set()
        shorter |= {_WHOSE.sub("", whole)} - {whole}
        if shorter:
            keys |= {normalize(part) for part in shorter} - {normalize(whole)}
    return frozenset(key for key in keys if len(key) > 3)
