from __future__ import annotations

import math

import pytest

from marquee.errors import ParameterError
from marquee.insights.sentences import GAP, Number, Sentence, count, listed, plain, said


@pytest.mark.parametrize(
    ("number", "spec", "text"),
    [
        (Number(1234567), "", "1,234,567"),
        (Number(1995, unit="year"), "", "1995"),
        (Number(3.5816, 3.57, 3.593, "stars", 2), "", "3.58\N{NO-BREAK SPACE}stars"),
        (Number(3.5816, 3.57, 3.593, "stars", 2), "bare", "3.58"),
        (
            Number(3.5816, 3.57, 3.593, "stars", 2),
            "range",
            "3.57\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}3.59",
        ),
        (Number(0.25, 0.2, 0.3, "%"), "sure", "25% (20%\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}30%)"),
        (Number(0.25, unit="%", digits=1), "sure", "25.0%"),
        (Number(-0.031, -0.05, -0.01, "points", 1), "", "−3.1\N{NO-BREAK SPACE}points"),
        (Number(-2, -3, -1), "size", "2 (1\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}3)"),
        (Number(-2, -3, 1), "size", "2"),
        (Number(-0.001, digits=1), "", "0.0"),
        (Number(-12_345_678, unit="$", digits=1), "", "−$12.3\N{NO-BREAK SPACE}million"),
        (Number(999_960_000, unit="$", digits=1), "", "$1.0\N{NO-BREAK SPACE}billion"),
        (Number(999_940, unit="$", digits=0), "", "$1\N{NO-BREAK SPACE}million"),
        (Number(4_321, unit="$", digits=1), "", "$4,321"),
        (Number(1e6, 9e5, 2e9, "$"), "range", "$900,000 to $2 billion".replace(" ", GAP)),
    ],
)
def test_a_number_is_shown_with_its_unit_and_interval(number: Number, spec: str, text: str) -> None:
    assert f"{number:{spec}}" == text


@pytest.mark.parametrize(
    "figures", [(math.nan, None, None), (1, -math.inf, 2), (1, 2, 3), (1, 0, None), (3, 1, 2)]
)
def test_a_number_without_sense_is_refused(
    figures: tuple[float, float | None, float | None],
) -> None:
    with pytest.raises(ParameterError, match=r"finite|hold"):
        Number(*figures)


def test_an_interval_that_is_not_there_is_not_shown() -> None:
    with pytest.raises(ParameterError, match="no interval"):
        f"{Number(1):range}"
    with pytest.raises(ParameterError, match="not 'wide'"):
        f"{Number(1):wide}"


def test_a_digit_typed_into_a_sentence_is_refused() -> None:
    with pytest.raises(ParameterError, match="a digit is typed into 'About 80"):
        said("About 80 of {n} films.", n=count(100))


@pytest.mark.parametrize("named", [{}, {"n": "a", "m": "b"}, {"m": "b"}])
def test_places_and_names_must_match(named: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="the template names"):
        Sentence("{n} films.", named)


def test_a_sentence_gives_its_numbers_to_machines() -> None:
    sentence = said("{who} rate {mean:sure}.", who="Women", mean=Number(3.5, 3, 4, "stars", 1, 9))
    assert (
        sentence.text
        == "Women rate 3.5\N{NO-BREAK SPACE}stars (3.0\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}4.0)."
    )
    assert plain(sentence) == {
        "text": sentence.text,
        "numbers": {"mean": {"value": 3.5, "low": 3, "high": 4, "unit": "stars", "n": 9}},
    }


def test_words_are_listed() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
