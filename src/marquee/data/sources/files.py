"""A folder, a zip archive or a single file, seen as named texts."""

from __future__ import annotations

import csv
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from marquee.errors import SourceError

MOST_TIMES = 250
"""How much larger than its compressed form a file may be: tables of text come to some 20 times."""
ALWAYS_BYTES = 1 << 26
"""Size up to which a file may be whatever its compressed form is."""

_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
"""What reading damaged archives raises, and encrypted ones or those of unusual compression."""


class Files:
    """A folder, a zip archive or a single file, seen as named texts.

    A name finds the file itself or the same name with ``.gz``, at any depth; the shallowest wins.
    A folder that holds one zip archive and nothing else, as a fetched data set does, is read as
    that archive.

    Raises
    ------
    SourceError
        If the path does not exist, is empty, or is a damaged archive.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise SourceError(f"{path} does not exist")
        if path.is_dir():
            held = [file for file in path.iterdir() if not file.name.startswith(".")]
            path = held[0] if [file.suffix.lower() for file in held] == [".zip"] else path
        self.path = path
        if path.is_file() and path.stat().st_size == 0:
            raise SourceError(f"{path} is empty")
        self._zip = _open_zip(path) if path.suffix.lower() == ".zip" else None
        self._folders: set[str] = set()
        if self._zip is not None:
            names = [item.filename for item in self._zip.infolist() if not item.is_dir()]
        elif path.is_dir():
            found = list(path.rglob("*"))
            names = [file.relative_to(path).as_posix() for file in found if file.is_file()]
            self._folders = {folder.name for folder in found if folder.is_dir()}
        else:
            names = [path.name]
        self.names: list[str] = sorted(names, key=lambda name: (name.count("/"), name))
        """Names of the files, with their folders, the shallowest first."""

    def find(self, name: str) -> str | None:
        """The full name of the file called so, with ``.gz`` or not; None if there is none.

        Raises
        ------
        SourceError
            If only a folder is called so.
        """
        wanted = {name, f"{name}.gz"}
        full = next((full for full in self.names if PurePosixPath(full).name in wanted), None)
        if full is None and wanted & self._folders:
            raise SourceError(f"{self.path}: {name} is a folder, not a file")
        return full

    def has(self, *names: str) -> bool:
        """Whether every one of the files is there."""
        return all(self.find(name) is not None for name in names)

    def path_of(self, name: str) -> Path | None:
        """The path of the file, compressed or not; None inside an archive, or if there is none."""
        full = self.find(name)
        return None if full is None or self._zip is not None else self._place(full)

    def on_disk(self, name: str) -> Path | None:
        """The path of the file if it lies on disk uncompressed, to be scanned without a copy."""
        path = self.path_of(name)
        return None if path is None or path.suffix == ".gz" else path

    def read(self, name: str) -> bytes:
        """The decompressed bytes of the file.

        Raises
        ------
        SourceError
            If there is no such file, it is empty, or it is compressed and cut short, encrypted, or
            so much larger than its compressed form that it is made to fill the memory.
        """
        full = self.find(name)
        if full is None:
            raise SourceError(f"{self.path} holds no {name}")
        try:
            raw = self._place(full).read_bytes() if self._zip is None else _unzip(self._zip, full)
            content = _gunzip(raw) if full.endswith(".gz") else raw
        except _DAMAGE as error:
            raise SourceError(
                f"{self.path}: {full} is truncated, damaged or encrypted ({error})"
            ) from error
        if not content:
            raise SourceError(f"{self.path}: {full} is empty")
        return content

    def text(self, name: str, encoding: str = "utf-8") -> str:
        """The decoded text of the file.

        Raises
        ------
        SourceError
            As :meth:`read`, or if the bytes are not in that encoding (the text names the line).
        """
        return decode(self.read(name), name, encoding)

    def head(self, name: str, size: int = 4096) -> str:
        """The first bytes of the file as text for recognition, undecodable ones replaced."""
        full = self.find(name)
        if full is None:
            return ""
        try:
            opened = self._place(full).open("rb") if self._zip is None else self._zip.open(full)
            with opened as stream:
                raw = stream.read(size)
            if full.endswith(".gz"):
                raw = zlib.decompressobj(wbits=31).decompress(raw, size)
        except (OSError, *_DAMAGE):
            return ""
        return raw.decode("utf-8-sig", errors="replace")

    def _place(self, full: str) -> Path:
        return self.path / full if self.path.is_dir() else self.path


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is not a zip archive or is cut short ({error})") from error


def _unzip(archive: zipfile.ZipFile, full: str) -> bytes:
    """The bytes of a file in the archive, which never gives more of them than it announces."""
    info = archive.getinfo(full)
    if info.file_size > _most(info.compress_size):
        raise zipfile.BadZipFile(f"{info.compress_size} bytes announce {info.file_size}")
    return archive.read(full)


def _gunzip(raw: bytes) -> bytes:
    """The bytes of all members of a gzip file."""
    parts: list[bytes] = []
    room, rest = _most(len(raw)), raw
    while rest:
        member = zlib.decompressobj(wbits=31)
        parts.append(member.decompress(rest, room + 1))
        room -= len(parts[-1])
        if room < 0:
            raise EOFError(f"{len(raw)} bytes become more than {_most(len(raw))}")
        if not member.eof:
            raise EOFError("the end is missing")
        rest = member.unused_data.lstrip(b"\0")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _most(compressed: int) -> int:
    return max(ALWAYS_BYTES, MOST_TIMES * compressed)


def decode(content: bytes, name: str, encoding: str = "utf-8") -> str:
    """The text of the bytes; ``SourceError`` names the line of the first that does not decode.

    A zero byte decodes in most encodings but stands in no text, only in pictures, archives, UTF-16.
    """
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        if (zero := content.find(b"\0")) >= 0 and not codec.startswith("utf-16"):
            raise UnicodeDecodeError(codec, content, zero, zero + 1, "no text")
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise SourceError(
            f"{name} is not {encoding}: byte 0x{byte:02x} on line {line}; convert the file first"
        ) from error


def decode_either(content: bytes, name: str, old: str) -> str:
    """The text of bytes that are UTF-8 or else in an older encoding, as some copies are."""
    try:
        return decode(content, name)
    except SourceError:
        return decode(content, name, old)


def files_with_columns(files: Files, columns: Iterable[str]) -> list[str]:
    """Names, without folders, of the CSV files whose first line has all of the columns."""
    wanted = set(columns)
    names = (PurePosixPath(full).name.removesuffix(".gz") for full in files.names)
    tables = dict.fromkeys(name for name in names if name.lower().endswith(".csv"))
    heads = {name: next(csv.reader(files.head(name).splitlines()[:1]), []) for name in tables}
    return [name for name, head in heads.items() if wanted <= {cell.strip() for cell in head}]


def files_to_read(files: Files, columns: Iterable[str], usual: Iterable[str]) -> list[str]:
    """Names of the CSV files that have the columns or a usual name, or that stand alone.

    The latter may lack a column or be no text at all: whoever reads them says so.

    Raises
    ------
    SourceError
        If there is none.
    """
    wanted = list(columns)
    found = files_with_columns(files, wanted)
    found += [name for name in usual if files.find(name) is not None]
    if not found and len(files.names) == 1:
        found = [PurePosixPath(files.names[0]).name]
    if not found:
        raise SourceError(f"{files.path} holds no CSV file with the columns {', '.join(wanted)}")
    return list(dict.fromkeys(found))
