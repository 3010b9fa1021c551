from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_series_equal

from marquee.features import keywords, plot
from marquee.features.base import DTYPES
from marquee.features.tone import PLEASANT, UNPLEASANT, tone
from record_kit import DAY, asked, film, tables

OPENED = date(2000, 5, 5)
AFTER = OPENED + DAY


def told(**texts: object) -> dict[str, object]:
    given = tables([film(1, OPENED, **{"name": "Ærø", **texts})])
    return plot.THEME(given, asked((1, AFTER))).row(0, named=True)


def test_the_text_is_title_tagline_and_overview() -> None:
    found = told(tagline="Who's there?", overview=" A boy, a dog and l’été. ")
    assert found["plot_text"] == "Ærø. Who's there?. A boy, a dog and l’été."
    assert found["plot_words"] == 6


def test_missing_texts_leave_no_gaps() -> None:
    found = told(tagline="  ", overview=None)
    assert found["plot_text"] == "Ærø"
    assert found["plot_words"] is None
    assert found["plot_tone"] == 0


def test_a_title_that_is_not_known_yet_has_no_text() -> None:
    given = tables([film(1, OPENED, keywords=["dog"])])
    for theme in (plot.THEME, keywords.THEME):
        answers = theme(given, asked((1, OPENED), (77, AFTER)))
        assert answers.drop("title_id", "as_of").null_count().row(0) == (2,) * len(theme.columns)


def test_tone_is_pleasant_less_unpleasant_words_over_all_words() -> None:
    texts = [
        "Friends laughing in the sunshine: happy",
        "The murderer kills and tortures",
        "A friendly murder: two friends, one grave",
        "今日は友達と",
        "",
        None,
    ]
    # By their stems: friend, laugh, happi; murder, kill, tortur; friend, murder, friend. The single
    # letter is no word.
    expected = [3 / 6, -3 / 5, (2 - 1) / 6, 0, None, None]
    assert_series_equal(tone(pl.Series(texts)), pl.Series("tone", expected))


def test_the_lists_of_words_share_no_stem_and_name_none_twice() -> None:
    for words in (PLEASANT, UNPLEASANT):
        assert len(words.split()) == len(set(words.split()))
        assert len(words.split()) > 150
    for word in PLEASANT.split():
        assert tone(pl.Series([word])).item() == 1, word
    for word in UNPLEASANT.split():
        assert tone(pl.Series([word])).item() == -1, word


def test_keywords_are_lower_case_and_each_once() -> None:
    given = tables([film(1, OPENED, keywords=["Dog", "dog ", " ", "Été"])])
    found = keywords.THEME(given, asked((1, AFTER)))
    assert found["keywords"].to_list() == [["dog", "été"]]
    assert found.schema["keywords"] == DTYPES["list"]


@pytest.mark.parametrize("theme", [plot.THEME, keywords.THEME], ids=lambda theme: theme.name)
def test_no_titles_and_no_questions_give_no_answers(theme: object) -> None:
    assert callable(theme)
    assert theme(tables([film(1, OPENED)]), asked()).is_empty()
