"""Where a title comes from, under codes that all catalogs share."""

from __future__ import annotations

import polars as pl
import pytest

from features_kit import FRIDAY, days, films, title
from marquee.features import FEATURES


def told(**values: object) -> dict[str, object]:
    asked = pl.DataFrame({"title_id": [1], "as_of": [FRIDAY + days(1)]})
    [answer] = FEATURES["origin"](films(title(1, **values)), asked).to_dicts()
    return dict(answer)


def test_the_first_three_of_each_list_are_kept_and_all_are_counted() -> None:
    answer = told(
        languages=["fr", "en", "de", "it"],
        countries=["FR", "BE", "US", "US", "LU"],
        companies=["A", "B", "A", "C", "D"],
    )
    assert answer["languages"] == ["fr", "en", "de"]
    assert answer["countries"] == ["FR", "BE", "US"]
    assert answer["companies"] == ["A", "B", "C"]
    assert [answer[f"n_{name}"] for name in ("languages", "countries", "companies")] == [4, 4, 4]


@pytest.mark.parametrize(
    ("column", "written", "codes"),
    [
        ("languages", ["English", "Mandarin", "cn"], ["en", "zh"]),
        ("languages", ["EN", " french "], ["en", "fr"]),
        ("languages", ["xx", "None", ""], []),
        ("languages", ["Klingon"], ["klingon"]),
        ("countries", ["USA", "United States of America", "us"], ["US"]),
        ("countries", ["UK", "West Germany"], ["GB", "DE"]),
        ("countries", ["Atlantis"], ["Atlantis"]),
        ("companies", ["", " Studio ", "Studio", "スタジオ"], ["Studio", "スタジオ"]),
    ],
)
def test_names_and_codes_of_one_place_are_one(
    column: str, written: list[str], codes: list[str]
) -> None:
    assert told(**{column: written})[column] == codes


def test_the_flags_look_at_the_first_language_and_at_all_countries() -> None:
    answer = told(languages=["fr", "en"], countries=["FR", "BE", "LU", "USA"])
    assert (answer["in_english"], answer["from_united_states"]) == (False, True)
    answer = told(languages=["English"], countries=["GB"])
    assert (answer["in_english"], answer["from_united_states"]) == (True, False)


def test_lists_without_an_entry_tell_no_flag() -> None:
    for nothing in (None, [], [""]):
        answer = told(languages=nothing, countries=nothing)
        assert (answer["in_english"], answer["from_united_states"]) == (None, None)
