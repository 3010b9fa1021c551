"""The fast and the careful way through a ratings file: both must see the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from marquee.data.sources import ratings_file
from marquee.data.sources.files import Files
from marquee.data.sources.ratings_file import Layout, parse_lines
from marquee.data.sources.ratings_table import read_ratings
from marquee.data.sources.records import Rejects
from marquee.errors import SourceError
from sources_kit import gzipped, write_file, zipped

CSV = Layout(viewer="u", title="i", rating="r", seconds="t")
COLONS = Layout(
    viewer="u", title="i", rating="r", seconds="t", columns=("u", "i", "r", "t"), separator="::"
)
HEADER = "u,i,r,t\n"


def lines_of(path: Path, *, strictly: bool = True, layout: Layout = CSV) -> pl.DataFrame:
    rejects = Rejects("test")
    frame = parse_lines(Files(path), path.name, layout, rejects, strictly=strictly)
    assert rejects.frame().is_empty()
    return frame


def broken(path: Path, layout: Layout = CSV) -> tuple[pl.DataFrame, list[tuple[object, ...]]]:
    """The well-formed lines, and line, column, reason and value of the rejects."""
    rejects = Rejects("test")
    frame = parse_lines(Files(path), path.name, layout, rejects)
    return frame, rejects.frame().select("line", "column", "reason", "value").rows()


@pytest.mark.parametrize("layout", [CSV, COLONS])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_both_ways_give_equal_tables_for_a_clean_file(
    layout: Layout, end: str, tmp_path: Path
) -> None:
    rows = [("7", "3", "4.5", "964982703"), ("7", "2", "1", "0"), ("-1", "9", "0.5", "964982704")]
    text = (end or "\n").join(layout.separator.join(row) for row in rows) + end
    if layout is CSV:
        text = HEADER.replace("\n", end or "\n") + text
    path = write_file(tmp_path, "ratings", text)
    fast = lines_of(path, layout=layout)
    assert_frame_equal(fast, lines_of(path, layout=layout, strictly=False))
    assert fast["line"].to_list() == [1 + (layout is CSV) + place for place in range(3)]
    assert fast["r"].to_list() == [4.5, 1.0, 0.5]


whole = st.integers(-(2**63), 2**63 - 1).map(str)
number = st.floats(0.5, 5, width=32).map(str)
moment = st.one_of(st.integers(0, 4_000_000_000).map(str), st.just(""))


@given(st.lists(st.tuples(whole, whole, number, moment), min_size=1))
def test_both_ways_agree_on_whatever_is_well_formed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    text = HEADER + "".join(",".join(row) + "\n" for row in rows)
    path = write_file(tmp_path_factory.mktemp("ratings"), "ratings.csv", text)
    assert_frame_equal(lines_of(path), lines_of(path, strictly=False))


@pytest.mark.parametrize("line", ["1,2,3,4,5", "1,2,3", "1,2", "word", "1,2,3,4,"])
def test_a_line_with_another_number_of_cells_does_not_pass(line: str, tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + f"1,2,3,\n{line}\n1,3,3,7\n")
    frame, rejected = broken(path)
    assert frame["line"].to_list() == [2, 4]
    assert rejected == [(3, None, "not 4 cells", None)]


def test_a_line_too_long_is_found_where_nothing_else_is_wrong(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + "1,2,3,4\n1,2,3,4,5\n")
    assert broken(path)[1] == [(3, None, "not 4 cells", None)]


@pytest.mark.parametrize(
    "line", ["1:2::2::3::4", "1:7:2::3::4", "1::2::3:4", "1:2:3:4", "1::2::3::4::", "1::2::3"]
)
def test_colons_that_separate_nothing_are_found(line: str, tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.dat", f"1::2::3::4\n{line}\n1::3::3::\n")
    frame, rejected = broken(path, COLONS)
    assert frame["line"].to_list() == [1, 3]
    assert [row[0] for row in rejected] == [2]


def test_an_empty_id_is_found_where_nothing_else_is_wrong(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + "1,2,3,4\n1,,3,4\n")
    assert broken(path)[1] == [(3, "i", "i is empty", None)]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("x,2,3,4", "u", "not a whole number"),
        ("1,2.0,3,4", "i", "not a whole number"),
        ("1,2,three,4", "r", "not a number"),
        ("1,,3,4", "i", "i is empty"),
        ("99999999999999999999,2,3,4", "u", "not a whole number"),
    ],
)
def test_a_line_with_a_bad_number_is_rejected_with_its_column(
    line: str, column: str, reason: str, tmp_path: Path
) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + f"1,2,3,4\n\n{line}\n1,3,3,7\n")
    frame, rejected = broken(path)
    assert frame["line"].to_list() == [2, 5]
    assert [row[:3] for row in rejected] == [(4, column, reason)]


@pytest.mark.parametrize("seconds", ["-1", "noon", "99999999999999", "4102444801"])
def test_a_line_with_a_bad_time_is_kept_without_it(seconds: str, tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + f"1,2,3,{seconds}\n1,3,3,7\n")
    frame, rejected = broken(path)
    assert frame["t"].to_list() == [None, 7]
    assert rejected == [(2, "t", "not a time between 1970 and 2100", seconds)]


def test_quoted_and_padded_numbers_are_numbers(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + '"1","2","3.5","4"\n 5 , 6,1,7\n')
    assert lines_of(path).rows() == [(2, 1, 2, 3.5, 4), (3, 5, 6, 1.0, 7)]


def test_only_the_pieces_with_bad_lines_are_taken_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratings_file, "PIECE_BYTES", 64)
    taken_apart = []
    carefully = ratings_file._carefully

    def counted(piece: bytes, first_line: int, *rest: object) -> pl.DataFrame | None:
        taken_apart.append(first_line)
        return carefully(piece, first_line, *rest)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(ratings_file, "_carefully", counted)
    rows = [f"{viewer},{viewer},3,{viewer}\n" for viewer in range(1, 200)]
    rows[120] = "oops\n"
    path = write_file(tmp_path, "ratings.csv", HEADER + "".join(rows))
    frame, rejected = broken(path)
    assert rejected == [(122, None, "not 4 cells", None)]
    assert frame["line"].to_list() == [line for line in range(2, 201) if line != 122]
    assert (frame["u"] == frame["line"] - 1).all()
    assert len(taken_apart) == 1


def test_columns_may_stand_in_any_order_with_others_between(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", 't,note,r,i,u\n7,"né, e",3,2,1\n8,x,4,2,5\n')
    frame, rejected = broken(path)
    assert rejected == [(2, None, "not 5 cells", None)], "text with a comma is not a number's cell"
    assert frame.select("u", "i", "r", "t").rows() == [(5, 2, 4.0, 8)]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + "1,2,3,4\n", "utf-8-sig")
    assert lines_of(path).rows() == [(2, 1, 2, 3.0, 4)]
    path = write_file(tmp_path, "ratings.dat", "1::2::3::4\n", "utf-8-sig")
    assert lines_of(path, layout=COLONS).rows() == [(1, 1, 2, 3.0, 4)]


@pytest.mark.parametrize("pack", [gzipped, lambda path: zipped(path, path.parent / "x.zip")])
def test_packed_files_take_the_fast_way_too(
    pack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + "1,2,3,4\n")
    packed = pack(path)  # type: ignore[operator]  # one of the functions above
    monkeypatch.setattr(ratings_file, "_carefully", None)
    rejects = Rejects("test")
    assert parse_lines(Files(packed), "ratings.csv", CSV, rejects).height == 1


def test_a_file_without_a_single_whole_line_is_refused(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER + "1,2\n")
    with pytest.raises(SourceError, match=r"ratings\.csv holds no record of 4 cells"):
        parse_lines(Files(path), "ratings.csv", CSV, Rejects("test"))


def test_a_file_of_a_header_alone_is_refused(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ratings.csv", HEADER)
    with pytest.raises(SourceError, match=r"ratings\.csv holds no record"):
        parse_lines(Files(path), "ratings.csv", CSV, Rejects("test"))


def table(text: str, folder: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    path = write_file(folder, "ratings.csv", HEADER + text)
    rejects = Rejects("test")
    known = ("movies.csv", pl.Series([1, 2, 3]))
    ratings = read_ratings(Files(path), "ratings.csv", CSV, rejects, titles=known)
    kept = ratings.select("viewer_id", "title_id", "rating").rows()
    return kept, rejects.frame().select("line", "column", "reason", "value").rows()


def test_of_several_ratings_of_a_title_the_latest_stands(tmp_path: Path) -> None:
    kept, rejected = table("1,1,5,30\n1,2,5,10\n1,1,4,20\n1,1,3,\n", tmp_path)
    assert kept == [(1, 1, 5.0), (1, 2, 5.0)]
    reason = "the same viewer rated the title again later"
    assert rejected == [(4, "i", reason, "1"), (5, "i", reason, "1")]


def test_of_ratings_at_the_same_moment_the_last_stands(tmp_path: Path) -> None:
    kept, rejected = table("2,3,1,10\n1,1,5,10\n2,3,2,10\n2,3,3,10\n", tmp_path)
    assert kept == [(1, 1, 5.0), (2, 3, 3.0)]
    assert [row[0] for row in rejected] == [2, 4]


def test_a_rating_beyond_the_scale_is_rejected_not_clipped(tmp_path: Path) -> None:
    kept, rejected = table("1,1,0,1\n1,2,5.5,1\n1,3,nan,1\n2,1,0.5,1\n2,2,5,1\n", tmp_path)
    assert kept == [(2, 1, 0.5), (2, 2, 5.0)]
    assert [row[:3] for row in rejected] == [
        (line, "r", "not between 0.5 and 5") for line in (2, 3, 4)
    ]


def test_a_rating_of_an_unknown_title_is_rejected_with_its_number(tmp_path: Path) -> None:
    kept, rejected = table("1,1,3,1\n1,44,3,1\n", tmp_path)
    assert kept == [(1, 1, 3.0)]
    assert rejected == [(3, "i", "title is not in movies.csv", "44")]


def test_ids_far_apart_are_told_apart(tmp_path: Path) -> None:
    far = 2**62
    kept, rejected = table(f"-{far},1,3,1\n{far},1,3,1\n{far},1,4,2\n0,1,3,1\n", tmp_path)
    assert kept == [(-far, 1, 3.0), (far, 1, 4.0), (0, 1, 3.0)]
    assert [row[0] for row in rejected] == [3]


def test_ids_whose_pairs_do_not_fit_one_number_are_told_apart(tmp_path: Path) -> None:
    # The viewers are 2**33 apart and the titles span 2**31: the product is 0 in 64 bits.
    lines = f"0,1,3,1\n{2**33},1,4,1\n0,{2**31},4,1\n0,1,5,2\n"
    path = write_file(tmp_path, "ratings.csv", HEADER + lines)
    known = ("movies.csv", pl.Series([1, 2**31]))
    rejects = Rejects("test")
    ratings = read_ratings(Files(path), "ratings.csv", CSV, rejects, titles=known)
    kept = ratings.select("viewer_id", "title_id", "rating").rows()
    assert kept == [(2**33, 1, 4.0), (0, 2**31, 4.0), (0, 1, 5.0)]
    assert rejects.frame()["line"].to_list() == [2]
