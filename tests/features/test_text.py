"""Texts of titles, by examples worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.tables import Tables
from marquee.features.text import stems, title_texts


def titles(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {"kind": "film", "source": "test"}
    return pl.DataFrame(
        [{"title_id": place, "name": "X", **plain, **row} for place, row in enumerate(rows)],
        infer_schema_length=None,
    )


def cast(title_id: int, *rows: tuple[str, str, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"title_id": title_id, "person": name, "role": role, "position": position}
            for name, role, position in rows
        ]
    ).with_columns(pl.lit("test").alias("source"))


def text_of(tables: Tables) -> list[str]:
    text: str = title_texts(tables)["text"][0]
    return text.split(" ")


def test_words_come_first_and_then_a_token_for_each_named_thing() -> None:
    row = {
        "name": "Alien",
        "tagline": "In space",
        "overview": "A crew lands.",
        "genres": ["Science Fiction", "Horror"],
        "keywords": ["android", "deep space"],
        "collection": "Alien Collection",
    }
    people = cast(0, ("Ridley Scott", "director", 0), ("Sigourney Weaver", "actor", 1))
    assert text_of(Tables(titles=titles(row), credits=people)) == [
        *("Alien", "In", "space", "A", "crew", "lands.", "android", "deep", "space"),
        *("genre_science_fiction", "genre_horror"),
        *("keyword_android", "keyword_deep_space", "collection_alien_collection"),
        *("person_ridley_scott", "person_sigourney_weaver"),
    ]


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("Penélope  Cruz", "person_penelope_cruz"),
        ("PENELOPE CRUZ", "person_penelope_cruz"),
        ("Robert Downey Jr.", "person_robert_downey_jr"),
        ("Lupita Nyong'o", "person_lupita_nyong_o"),
        ("黒澤 明", "person_黒澤_明"),
        ("がぎぐ", "person_がぎぐ"),
        ("Андре́й Тарко́вский", "person_андреи_тарковскии"),
        ("3-D", "person_3_d"),
    ],
)
def test_spelling_of_a_name_does_not_tell_two_people_apart(name: str, token: str) -> None:
    assert text_of(Tables(titles=titles({}), credits=cast(0, (name, "actor", 0))))[1:] == [token]


def test_names_without_a_letter_give_no_token() -> None:
    row = {"genres": ["!!", "Drama", "drama"], "keywords": ["?"], "collection": "—"}
    tables = Tables(titles=titles(row), credits=cast(0, ("—", "actor", 0)))
    assert text_of(tables) == ["X", "?", "genre_drama"]


def test_the_first_billed_of_each_role_are_named_once() -> None:
    people: list[tuple[str, str, int | None]] = [(f"A{n}", "actor", n) for n in (7, 0, 3, 1, 5, 2)]
    people += [("Unplaced", "actor", None), ("A1", "director", 0), ("P", "producer", 0)]
    people += [(f"W{n}", "writer", n) for n in range(5)] + [("A0", "actor", 9)]
    tokens = text_of(Tables(titles=titles({}), credits=cast(0, *people)))[1:]
    names = ["a1", "w0", "w1", "w2", "a0", "a2", "a3", "a5"]
    assert tokens == [f"person_{name}" for name in names]


def test_every_title_has_a_row_in_order_of_its_id() -> None:
    rows = titles({"title_id": 9}, {"title_id": -2}, {"title_id": 4})
    texts = title_texts(Tables(titles=rows, credits=cast(77, ("Nobody", "actor", 0))))
    assert texts["title_id"].to_list() == [-2, 4, 9]
    assert texts.schema == {"title_id": pl.Int64, "text": pl.String}
    assert_frame_equal(title_texts(Tables()), texts.clear())


def test_what_became_of_a_title_is_not_in_its_text() -> None:
    day = dt.date(2000, 1, 1)
    known = titles({"known_on": day}).with_columns(pl.lit(day).alias("known_on"))
    outcome = pl.DataFrame(
        {"title_id": [0], "measure": ["revenue_usd"], "value": [77.0], "source": ["test"]}
    ).with_columns(pl.lit(day).alias("known_on"))
    credit = cast(0, ("Late", "actor", 0)).with_columns(pl.lit(day).alias("known_on"))
    tables = Tables(titles=known, outcomes=outcome, credits=credit)
    assert text_of(tables) == ["X", "person_late"]
    assert title_texts(tables.before(day)).is_empty()


def test_words_are_stemmed_and_tokens_with_an_underscore_are_not() -> None:
    found = stems(pl.Series(["Robbers robbing the bank's robberies", "genre_comedies RUNNING"]))
    assert found.rows() == [
        *((0, stem) for stem in ("robber", "rob", "the", "bank", "robberi")),
        (1, "genre_comedies"),
        (1, "run"),
    ]


def test_texts_of_any_script_or_none_have_words() -> None:
    texts = pl.Series([None, "", "…", "AMÉLIE Ame\u0301lie", "千と千尋の神隠し", "नमस्ते", "x" * 99])
    found = stems(texts)
    assert found["row"].to_list() == [3, 3, 4, 5, 6]
    first, second, *_ = found["token"]
    assert first == second
    assert found["token"].str.len_chars().max() == 64
    for nothing in (pl.Series([None, None]), pl.Series([], dtype=pl.String)):
        assert stems(nothing).is_empty()
        assert stems(nothing).columns == ["row", "token"]
