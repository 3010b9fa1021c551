"""Promises about delimited text: whose columns count, and which."""

from __future__ import annotations

import pytest

from marquee.data.sources.records import Rejects, read_records
from marquee.errors import SourceError


def test_a_column_called_line_does_not_hide_where_a_record_stands() -> None:
    records = read_records("title,line\nØ,x\n\nPier,y\n", "a.csv", None, Rejects("s"))
    assert records.columns == ["line", "title"]
    assert records["line"].to_list() == [2, 4]


def test_a_column_that_is_needed_and_stands_twice_is_refused() -> None:
    text = "title,year,title,year\nØ,1,Pier,2\n"
    with pytest.raises(SourceError, match=r"a\.csv has column 'title' twice; remove or rename"):
        read_records(text, "a.csv", None, Rejects("s"), required=["title"])
    assert read_records(text, "a.csv", None, Rejects("s")).height == 1
