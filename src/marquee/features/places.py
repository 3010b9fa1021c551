"""Names of languages and countries that catalogs use, and their codes."""

from __future__ import annotations

import polars as pl

LANGUAGES = {
    "en": ("english",),
    "fr": ("french", "français"),
    "es": ("spanish", "español", "castilian"),
    "de": ("german", "deutsch"),
    "it": ("italian", "italiano"),
    "pt": ("portuguese", "português"),
    "nl": ("dutch", "flemish", "nederlands"),
    "sv": ("swedish", "svenska"),
    "da": ("danish", "dansk"),
    "no": ("norwegian", "norsk", "nb", "nn"),
    "fi": ("finnish", "suomi"),
    "is": ("icelandic",),
    "pl": ("polish", "polski"),
    "cs": ("czech",),
    "sk": ("slovak",),
    "hu": ("hungarian", "magyar"),
    "ro": ("romanian", "română"),
    "bg": ("bulgarian",),
    "sr": ("serbian",),
    "hr": ("croatian",),
    "bs": ("bosnian",),
    "sl": ("slovenian",),
    "el": ("greek",),
    "ru": ("russian", "pусский", "русский"),
    "uk": ("ukrainian",),
    "tr": ("turkish", "türkçe"),
    "he": ("hebrew",),
    "ar": ("arabic",),
    "fa": ("persian", "farsi", "dari"),
    "ur": ("urdu",),
    "hi": ("hindi",),
    "ta": ("tamil",),
    "te": ("telugu",),
    "kn": ("kannada",),
    "ml": ("malayalam",),
    "bn": ("bengali", "bangla"),
    "pa": ("panjabi", "punjabi"),
    "mr": ("marathi",),
    "th": ("thai",),
    "vi": ("vietnamese",),
    "id": ("indonesian",),
    "tl": ("filipino", "tagalog"),
    # TMDB writes zh for Mandarin and its own cn for Cantonese.
    "zh": ("chinese", "mandarin", "cn", "cantonese", "普通话"),
    "ja": ("japanese", "日本語"),
    "ko": ("korean", "한국어/조선말"),
    "la": ("latin",),
    "yi": ("yiddish",),
    "zu": ("zulu",),
    "sw": ("swahili",),
}
"""ISO 639-1 code of each language, and the names and codes that stand for it in lower case."""

_NO_LANGUAGE = ("", "xx", "none", "no language", "n/a", "silent")

COUNTRIES = {
    "US": ("usa", "united states", "united states of america", "u.s.a.", "u.s."),
    "GB": ("uk", "united kingdom", "great britain", "england", "scotland", "wales", "u.k."),
    "FR": ("france",),
    "DE": ("germany", "west germany", "east germany", "federal republic of germany"),
    "CA": ("canada",),
    "AU": ("australia",),
    "NZ": ("new zealand",),
    "IE": ("ireland",),
    "IT": ("italy",),
    "ES": ("spain",),
    "PT": ("portugal",),
    "BE": ("belgium",),
    "NL": ("netherlands", "the netherlands", "holland"),
    "LU": ("luxembourg",),
    "CH": ("switzerland",),
    "AT": ("austria",),
    "DK": ("denmark",),
    "SE": ("sweden",),
    "NO": ("norway",),
    "FI": ("finland",),
    "IS": ("iceland",),
    "PL": ("poland",),
    "CZ": ("czech republic", "czechia"),
    "SK": ("slovakia",),
    "HU": ("hungary",),
    "RO": ("romania",),
    "BG": ("bulgaria",),
    "RS": ("serbia",),
    "HR": ("croatia",),
    "SI": ("slovenia",),
    "GR": ("greece",),
    "TR": ("turkey", "türkiye"),
    "RU": ("russia", "russian federation"),
    "UA": ("ukraine",),
    "IL": ("israel",),
    "IR": ("iran", "iran, islamic republic of"),
    "EG": ("egypt",),
    "AE": ("united arab emirates",),
    "MA": ("morocco",),
    "NG": ("nigeria",),
    "ZA": ("south africa",),
    "KE": ("kenya",),
    "IN": ("india",),
    "PK": ("pakistan",),
    "CN": ("china", "people's republic of china"),
    "HK": ("hong kong",),
    "TW": ("taiwan",),
    "JP": ("japan",),
    "KR": ("south korea", "korea", "republic of korea"),
    "TH": ("thailand",),
    "VN": ("vietnam",),
    "ID": ("indonesia",),
    "MY": ("malaysia",),
    "SG": ("singapore",),
    "PH": ("philippines",),
    "MX": ("mexico",),
    "BR": ("brazil",),
    "AR": ("argentina",),
    "CL": ("chile",),
    "CO": ("colombia",),
    "PE": ("peru",),
}
"""ISO 3166-1 code of each country, and the names that stand for it in lower case."""

_LANGUAGE_CODES: dict[str, str | None] = {
    **{name: code for code, names in LANGUAGES.items() for name in names},
    **dict.fromkeys(_NO_LANGUAGE),
}
_COUNTRY_CODES: dict[str, str | None] = {
    **{name: code for code, names in COUNTRIES.items() for name in names},
    **{code.lower(): code for code in COUNTRIES},
    "": None,
}
# "uk" is a name of the country GB; the language of that code stands in the other table.


def language_code(name: pl.Expr) -> pl.Expr:
    """The code of a language, given as code or name; other text in lower case, null for none."""
    plain = name.str.strip_chars().str.to_lowercase()
    return plain.replace_strict(_LANGUAGE_CODES, default=plain, return_dtype=pl.String)


def country_code(name: pl.Expr) -> pl.Expr:
    """The code of a country, given as code or name; other text as it is, null for none."""
    plain = name.str.strip_chars()
    key = plain.str.to_lowercase()
    return key.replace_strict(_COUNTRY_CODES, default=plain, return_dtype=pl.String)
