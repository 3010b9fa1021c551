"""What of TMDB's answer about a title is kept: what the source reads, in TMDB's own shape."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

KINDS = {"film": "movie", "show": "tv"}
"""What TMDB calls a kind, in its paths."""

APPENDED = {
    "film": "credits,keywords,external_ids,release_dates,watch/providers",
    "show": "credits,keywords,external_ids,content_ratings,watch/providers",
}
"""Asked for with a title, so that it takes one request."""

PLAIN = (
    *("id", "imdb_id", "title", "name", "original_title", "original_name", "original_language"),
    *("overview", "tagline", "status", "release_date", "first_air_date", "runtime"),
    *("episode_run_time", "number_of_seasons", "budget", "revenue", "popularity"),
    *("vote_average", "vote_count"),
)
LISTS = {
    "genres": ("name",),
    "production_companies": ("name",),
    "production_countries": ("iso_3166_1",),
    "spoken_languages": ("iso_639_1",),
}
OFFERS = ("flatrate", "free", "ads")
"""Offers of a service that ask for no payment per title."""


def kept(answer: dict[str, Any], regions: Collection[str]) -> dict[str, Any]:
    """The parts of an answer that are read, those of the regions alone."""
    found = {name: answer[name] for name in PLAIN if answer.get(name) not in (None, "", [])}
    for name, keys in LISTS.items():
        found[name] = _cut(answer.get(name), keys)
    words = _inside(answer, "keywords")
    # Films list them under "keywords", shows under "results".
    found["keywords"] = _cut(words.get("keywords", words.get("results")), ("name",))
    people = _inside(answer, "credits")
    found["cast"] = _cut(people.get("cast"), ("id", "name", "character", "order"))
    found["crew"] = _cut(people.get("crew"), ("id", "name", "job"))
    series = _inside(answer, "belongs_to_collection").get("name")
    found |= {"collection": series} if isinstance(series, str) else {}
    found.setdefault("imdb_id", _inside(answer, "external_ids").get("imdb_id"))
    found["certificates"] = _certificates(answer, regions)
    offers = _inside(_inside(answer, "watch/providers"), "results")
    found["offers"] = {
        region: names for region in regions if (names := _services(_inside(offers, region)))
    }
    return found


def _services(offered: dict[str, Any]) -> list[str]:
    """Names of the services, each once."""
    listed = [each for way in OFFERS for each in _objects(offered.get(way))]
    names = [each.get("provider_name") for each in listed]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))


def _certificates(answer: dict[str, Any], regions: Collection[str]) -> dict[str, str]:
    """The first certificate of each region that has one."""
    found: dict[str, str] = {}
    for each in _objects(_inside(answer, "release_dates").get("results")):
        for release in _objects(each.get("release_dates")):
            _enter(found, each.get("iso_3166_1"), release.get("certification"))
    for each in _objects(_inside(answer, "content_ratings").get("results")):
        _enter(found, each.get("iso_3166_1"), each.get("rating"))
    return {region: found[region] for region in regions if region in found}


def _enter(found: dict[str, str], region: object, certificate: object) -> None:
    if isinstance(region, str) and isinstance(certificate, str) and certificate.strip():
        found.setdefault(region, certificate.strip())


def _cut(value: object, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {key: each[key] for key in keys if each.get(key) is not None} for each in _objects(value)
    ]


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _inside(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
