"""Promises that every reader keeps, on the example of each source in ``sources_kit``."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.schema import SCHEMAS, check
from marquee.data.sources import SOURCES, Files, Loaded, read_source
from marquee.errors import SourceError
from sources_kit import FIXTURES, compress, files_of, gzipped, zipped

STRANGE = (" ", "2147483648", "01-Jan-0001")
"""Cells that somebody's file will hold one day."""

every_source = pytest.mark.parametrize("name", FIXTURES)


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    return FIXTURES[name](tmp_path / "fixture")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Loaded]:
    """Reads the example of a source, each once."""

    @cache
    def example(name: str) -> Loaded:
        return SOURCES[name].read(Files(FIXTURES[name](tmp_path_factory.mktemp("example"))))

    return example


@pytest.fixture
def loaded(name: str, examples: Callable[[str], Loaded]) -> Loaded:
    """The example of the source as it is; in a folder of its own, ``path`` is the same."""
    return examples(name)


def assert_equal(first: Loaded, second: Loaded) -> None:
    for (table, one), (_, other) in zip(first.tables, second.tables, strict=True):
        try:
            assert_frame_equal(one, other)
        except AssertionError as error:
            raise AssertionError(f"table {table}: {error}") from error
    assert_frame_equal(first.rejects, second.rejects)
    assert first.n_records == second.n_records


def plain_name(file: Path) -> str:
    return file.name.removesuffix(".gz")


def assert_refused(name: str, path: Path, file: Path) -> None:
    """Reading must raise SourceError, and its text must name the file."""
    with pytest.raises(SourceError) as caught:
        SOURCES[name].read(Files(path))
    assert plain_name(file) in str(caught.value)


@every_source
def test_a_folder_is_never_taken_for_a_pattern(name: str, loaded: Loaded, tmp_path: Path) -> None:
    meant = FIXTURES[name](tmp_path / "set [12]")
    other = FIXTURES[name](tmp_path / "set 1")
    for file in files_of(other):
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    assert_equal(SOURCES[name].read(Files(meant)), loaded)


def test_every_source_has_an_example() -> None:
    assert set(SOURCES) == set(FIXTURES)


@every_source
@pytest.mark.parametrize("form", ["plain", "zip", "gz"])
def test_exactly_one_source_recognizes_the_files(
    name: str, form: str, path: Path, tmp_path: Path
) -> None:
    if form == "zip":
        path = zipped(path, tmp_path / "packed.zip")
    elif form == "gz":
        path = gzipped(path)
    files = Files(path)
    assert [source.name for source in SOURCES.values() if source.recognizes(files)] == [name]


@every_source
def test_the_source_is_found_without_its_name(name: str, path: Path) -> None:
    source, _ = read_source(path)
    assert source.name == name


@every_source
def test_every_row_names_its_source(name: str, loaded: Loaded) -> None:
    for table, frame in [*loaded.tables, ("rejects", loaded.rejects)]:
        assert set(frame["source"].unique()) <= {name}, table


@every_source
def test_something_is_read_and_titles_are_distinct(loaded: Loaded) -> None:
    assert loaded.tables.titles.height
    assert loaded.tables.titles["title_id"].is_unique().all()


@every_source
def test_unknown_money_is_null_not_zero(loaded: Loaded) -> None:
    outcomes = loaded.tables.outcomes
    money = outcomes.filter(pl.col("measure").str.ends_with("_usd"))
    assert (money["value"] > 0).all()
    assert not (loaded.tables.titles["budget_usd"] <= 0).any()


@every_source
@pytest.mark.parametrize("table", ["credits", "ratings", "availability", "outcomes"])
def test_rows_refer_to_titles_that_exist(table: str, loaded: Loaded) -> None:
    rows: pl.DataFrame = getattr(loaded.tables, table)
    assert rows.join(loaded.tables.titles, on="title_id", how="anti").is_empty()


@every_source
def test_ratings_refer_to_viewers_that_exist(loaded: Loaded) -> None:
    assert loaded.tables.ratings.join(loaded.tables.viewers, on="viewer_id", how="anti").is_empty()


@every_source
def test_rejects_say_where_and_why(loaded: Loaded, path: Path) -> None:
    rejects = loaded.rejects
    check(rejects, SCHEMAS["rejects"])
    assert rejects.height, "the example should hold something that must be rejected"
    assert set(rejects["file"]) <= {file.name for file in files_of(path)}
    assert (rejects["line"] >= 1).all()
    assert (rejects["reason"].str.len_chars() > 0).all()


@every_source
def test_no_record_is_counted_twice(loaded: Loaded) -> None:
    whole = loaded.rejects.filter(~pl.col("row_kept"))
    assert not whole.select("file", "line").is_duplicated().any()
    assert 0 <= loaded.n_rejected < loaded.n_records


@every_source
def test_one_more_bad_line_is_one_more_record_and_one_more_reject(
    name: str, path: Path, loaded: Loaded
) -> None:
    delimited = [file for file in files_of(path) if file.suffix != ".json"]
    if not delimited:
        pytest.skip("the source has no delimited text to which a line could be added")
    for file in delimited:
        content = file.read_bytes()
        file.write_bytes(content + b"one cell\n")
        again = SOURCES[name].read(Files(path))
        assert again.n_records == loaded.n_records + 1, file.name
        assert again.n_rejected == loaded.n_rejected + 1, file.name
        added = again.rejects.filter(pl.col("file") == file.name)["line"].max()
        assert added == content.count(b"\n") + 1
        file.write_bytes(content)


@pytest.mark.slow
@every_source
def test_no_cell_stops_a_load(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        for changed in _with_strange_cells(content.decode("latin-1"), file.name):
            file.write_bytes(changed.encode("latin-1"))
            assert_loads_or_is_refused(name, path)
        file.write_bytes(content)


@pytest.mark.slow
@every_source
def test_a_line_that_repeats_stops_no_load(name: str, path: Path) -> None:
    for file in files_of(path):
        if file.suffix == ".json":
            continue
        content = file.read_bytes()
        lines = content.splitlines(keepends=True)
        for place in range(1, len(lines)):
            again = [*lines[:place], lines[place].rstrip() + b"\n", *lines[place:]]
            file.write_bytes(b"".join(again))
            assert_loads_or_is_refused(name, path)
        file.write_bytes(content)


def assert_loads_or_is_refused(name: str, path: Path) -> None:
    """Reading must give tables with every record in its place, or raise SourceError."""
    try:
        loaded = SOURCES[name].read(Files(path))
    except SourceError:
        return
    whole = loaded.rejects.filter(~pl.col("row_kept"))
    assert not whole.select("file", "line").is_duplicated().any()
    assert loaded.n_rejected <= loaded.n_records


def _with_strange_cells(text: str, file: str) -> Iterator[str]:
    """The text with one cell of its first record replaced, for every cell and strange value."""
    separator = next((mark for mark in ("::", "\t", "|", ",") if mark in text), None)
    if separator is None or file.endswith(".json"):
        return
    has_header = file.endswith((".csv", ".tsv"))
    if separator == ",":
        records = list(csv.reader(io.StringIO(text, newline="")))
    else:
        records = [line.split(separator) for line in text.split("\n")]
    for place, strange in itertools.product(range(len(records[has_header])), STRANGE):
        changed = [list(record) for record in records]
        changed[has_header][place] = strange
        if separator == ",":
            stream = io.StringIO(newline="")
            csv.writer(stream, lineterminator="\n").writerows(changed)
            yield stream.getvalue()
        else:
            yield "\n".join(separator.join(record) for record in changed)


@every_source
def test_reading_twice_gives_the_same(name: str, path: Path, loaded: Loaded) -> None:
    assert_equal(loaded, SOURCES[name].read(Files(path)))


@every_source
def test_a_zip_archive_reads_like_the_files_in_it(
    name: str, path: Path, loaded: Loaded, tmp_path: Path
) -> None:
    assert_equal(loaded, SOURCES[name].read(Files(zipped(path, tmp_path / "packed.zip"))))


@every_source
def test_compressed_files_read_like_plain_ones(name: str, path: Path, loaded: Loaded) -> None:
    assert_equal(loaded, SOURCES[name].read(Files(gzipped(path))))


@every_source
def test_windows_line_ends_change_nothing(name: str, path: Path, loaded: Loaded) -> None:
    for file in files_of(path):
        file.write_bytes(re.sub(rb"\r?\n", b"\r\n", file.read_bytes()))
    again = SOURCES[name].read(Files(path))
    for part in (loaded, again):
        assert not part.tables.titles["name"].str.contains("\r").any()
    known = ["title_id", "kind", "name", "year"]
    assert_frame_equal(loaded.tables.titles.select(known), again.tables.titles.select(known))
    assert again.n_records == loaded.n_records
    assert again.n_rejected == loaded.n_rejected


@every_source
def test_another_type_of_file_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00" + bytes(range(256)))
        assert_refused(name, path, file)
        file.write_bytes(content)


@every_source
def test_a_file_without_its_columns_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        file.write_bytes(_without_columns(content, file.name))
        assert_refused(name, path, file)
        file.write_bytes(content)


def _without_columns(content: bytes, file: str) -> bytes:
    """Other keys in JSON, other names in a header, one cell less where there is no header."""
    text = content.decode("latin-1")
    if file.endswith((".json", ".jsonl")):
        return re.sub(r'"(\w+)":', r'"x_\1":', text).encode("latin-1")
    if file.endswith(".csv"):
        header, rest = text.split("\n", 1)
        cells = next(csv.reader(io.StringIO(header)))
        names = ",".join(f"x{place}" for place, _ in enumerate(cells))
        return f"{names}\n{rest}".encode("latin-1")
    separator = next(mark for mark in ("::", "\t", "|") if mark in text)
    lines = [line.rsplit(separator, 1)[0] for line in text.split("\n")]
    return "\n".join(lines).encode("latin-1")


@every_source
def test_an_empty_file_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        file.write_bytes(b"")
        assert_refused(name, path, file)
        file.write_bytes(content)


@every_source
def test_a_truncated_gz_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        packed = compress(file, content, keep=0.6)
        assert_refused(name, path if path.is_dir() else packed, file)
        packed.unlink()
        file.write_bytes(content)


@every_source
def test_a_directory_instead_of_a_file_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        file.unlink()
        file.mkdir()
        assert_refused(name, path, file)
        file.rmdir()
        file.write_bytes(content)


@every_source
def test_an_empty_directory_is_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    assert_refused(name, folder, folder)


@every_source
def test_another_encoding_is_refused(name: str, path: Path) -> None:
    for file in files_of(path):
        content = file.read_bytes()
        file.write_bytes(content.decode("latin-1").encode("utf-16"))
        assert_refused(name, path, file)
        file.write_bytes(content)


@every_source
def test_a_folder_with_only_the_publishers_zip_is_read_as_the_zip(
    path: Path, tmp_path: Path
) -> None:
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    (fetched / ".lock").touch()
    archive = zipped(path, tmp_path / "archive.zip")
    archive.rename(fetched / archive.name)
    source, loaded = read_source(fetched)
    assert_equal(loaded, source.read(Files(path)))
