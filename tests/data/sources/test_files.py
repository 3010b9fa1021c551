"""Promises about opening a folder, an archive or a file, for whoever hands in a strange one."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from marquee.data.sources.files import ALWAYS_BYTES, Files, decode_either
from marquee.errors import SourceError

LINES = b"movieId,title\n1,\xc3\x98\n"


def archive(path: Path, content: bytes = LINES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("set/movies.csv", content)
    return path


def test_an_archive_is_known_by_its_name_in_any_letters(tmp_path: Path) -> None:
    whole = archive(tmp_path / "ML.ZIP")
    assert Files(whole).read("movies.csv") == LINES
    assert Files(tmp_path).read("movies.csv") == LINES
    assert Files(tmp_path).path_of("movies.csv") is None


def test_a_name_in_an_archive_leads_nowhere_outside_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("mine")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as stream:
        stream.writestr("../secret.csv", "theirs")
        stream.writestr("/etc/hosts", "theirs")
    files = Files(tmp_path / "a.zip")
    assert files.read("secret.csv") == files.read("hosts") == b"theirs"
    assert (tmp_path / "secret.csv").read_text() == "mine"


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    path.write_bytes(content)
    files = Files(path)
    assert files.head("movies.csv") == ""
    with pytest.raises(SourceError, match=r"movies\.csv is truncated, damaged or encrypted"):
        files.read("movies.csv")


def test_an_archive_of_an_unknown_compression_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    for mark, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + method] = 97
    path.write_bytes(content)
    with pytest.raises(SourceError, match="compression"):
        Files(path).read("movies.csv")


@pytest.mark.parametrize("form", ["zip", "gz"])
def test_a_file_that_would_fill_the_memory_is_refused(form: str, tmp_path: Path) -> None:
    # Zeros shrink to a thousandth, which no table does.
    zeros = bytes(ALWAYS_BYTES + 1)
    if form == "zip":
        path = archive(tmp_path / "a.zip", zeros)
    else:
        path = tmp_path / "movies.csv.gz"
        path.write_bytes(gzip.compress(zeros))
    files = Files(path)
    assert files.head("movies.csv").strip("\0") == ""
    with pytest.raises(SourceError, match=r"movies\.csv.* is truncated, damaged"):
        files.read("movies.csv")


def test_a_repetitive_file_of_moderate_size_is_read(tmp_path: Path) -> None:
    content = b"1,1,4.0,964982703\n" * (ALWAYS_BYTES // 36)
    (tmp_path / "ratings.csv.gz").write_bytes(gzip.compress(content))
    assert Files(tmp_path).read("ratings.csv") == content


def test_a_gz_of_several_members_is_read_whole(tmp_path: Path) -> None:
    packed = gzip.compress(LINES) + gzip.compress(LINES) + bytes(8)
    (tmp_path / "movies.csv.gz").write_bytes(packed)
    files = Files(tmp_path / "movies.csv.gz")
    assert files.read("movies.csv") == LINES * 2
    assert files.on_disk("movies.csv") is None
    assert files.path_of("movies.csv") == tmp_path / "movies.csv.gz"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_old_copies_are_read_in_their_old_encoding(encoding: str) -> None:
    assert decode_either("Señor".encode(encoding), "u.item", "latin-1") == "Señor"
    with pytest.raises(SourceError, match=r"u\.item is not latin-1"):
        decode_either(b"\x89PNG\0", "u.item", "latin-1")
