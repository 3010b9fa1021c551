"""Titles as MovieLens writes them, taken apart."""

from __future__ import annotations

import polars as pl
import pytest

from marquee.data.sources.movielens_titles import named


@pytest.mark.parametrize(
    ("title", "name", "original", "year"),
    [
        ("Paper Lantern (1995)", "Paper Lantern", None, 1995),
        ("Ferry at Night, The (1994)", "The Ferry at Night", None, 1994),
        ("Attic, An (2000)", "An Attic", None, 2000),
        ("Lost, The (Égarés, Les) (1995)", "The Lost", "Les Égarés", 1995),
        ("Aube, L' (Dawn, The) (1960)", "L'Aube", "The Dawn", 1960),
        ("Vento, Il (1954)", "Il Vento", None, 1954),
        ("Ozeane, Die (1930)", "Die Ozeane", None, 1930),
        ("Señor Ocho, El (1988)", "El Señor Ocho", None, 1988),
        ("Sea: The Deep, The (1999)", "The Sea: The Deep", None, 1999),
        ("Gray, Gray Sea (1999)", "Gray, Gray Sea", None, 1999),
        ("Near, Texas (1984)", "Near, Texas", None, 1984),
        ("One (Two) (Tres, El) (1982)", "One", "El Tres", 1982),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", "Se7en", 1995),
        ("Crossing (aka Überfahrt) (1995)", "Crossing", "Überfahrt", 1995),
        ("Third Tide (1996) (V)", "Third Tide", None, 1996),
        ("Slope, The (L'Pente)(1982)", "The Slope", "L'Pente", 1982),
        ("Long One (2006–2009)", "Long One", None, 2006),
        ("Open One (2009– )", "Open One", None, 2009),
        ("(500) Nights (2009)", "(500) Nights", None, 2009),
        ("1999 (2001)", "1999", None, 2001),
        ("Future (9999)", "Future", None, None),
        ("Padded   Inside (1994) ", "Padded Inside", None, 1994),
        ("Kådis (Kådisbellan ) (1993)", "Kådis", "Kådisbellan", 1993),
        ("unknown", "unknown", None, None),
        ("(1994)", "(1994)", None, None),
        ("The (1994)", "The", None, 1994),
    ],
)
def test_a_title_is_name_original_name_and_year(
    title: str, name: str, original: str | None, year: int | None
) -> None:
    frame = named(pl.DataFrame({"title": [title]}), "title")
    assert frame.select("name", "original_name", "year").row(0) == (name, original, year)
