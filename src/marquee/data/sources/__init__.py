"""One reader per source, each a file of this folder, all entered in ``SOURCES``."""

from __future__ import annotations

from pathlib import Path

from marquee.data.sources import (
    imdb_5000,
    imdb_export,
    imdb_genres,
    imdb_official,
    justwatch,
    letterboxd,
    movielens_1m,
    movielens_10m,
    movielens_100k,
    movielens_csv,
    movielens_export,
    movies_dataset,
    streaming_lists,
    streaming_platforms,
    tmdb_5000,
    tmdb_api,
    trakt,
)
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.files import Files
from marquee.errors import ParameterError, SourceError, UnrecognizedFormatError

_ALL: tuple[Source, ...] = (
    streaming_platforms.SOURCE,
    streaming_lists.SOURCE,
    justwatch.SOURCE,
    tmdb_5000.SOURCE,
    tmdb_api.SOURCE,
    imdb_official.SOURCE,
    movies_dataset.SOURCE,
    imdb_genres.SOURCE,
    imdb_5000.SOURCE,
    movielens_100k.SOURCE,
    movielens_1m.SOURCE,
    movielens_10m.SOURCE,
    movielens_csv.SOURCE,
    letterboxd.SOURCE,
    imdb_export.SOURCE,
    trakt.SOURCE,
    movielens_export.SOURCE,
)
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
"""Every reader by its public name."""

__all__ = ["SOURCES", "Files", "Loaded", "Source", "read_source", "recognize"]


def recognize(files: Files) -> Source:
    """The source whose format the files have.

    Raises
    ------
    UnrecognizedFormatError
        If none recognizes them, or several do: one alone would leave the files of the others out
        without a word.
    """
    found = [source for source in SOURCES.values() if source.recognizes(files)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnrecognizedFormatError(
            f"{files.path} holds files of several formats: "
            f"{', '.join(source.name for source in found)}; name one at a time with --as"
        )
    if not files.names:
        raise UnrecognizedFormatError(f"{files.path} holds no files")
    raise UnrecognizedFormatError(
        f"{files.path} is in no format that Marquee knows; name one with --as to hear what it "
        f"lacks, out of {', '.join(SOURCES)}"
    )


def read_source(path: Path, name: str | None = None) -> tuple[Source, Loaded]:
    """The source of the files at that path, recognized where no name is given, and what it holds.

    Raises
    ------
    ParameterError
        If there is no source of that name.
    SourceError
        If the files cannot be read as that source.
    """
    if name is not None and name not in SOURCES:
        raise ParameterError(f"there is no format {name!r}; there are {', '.join(SOURCES)}")
    files = Files(path)
    source = SOURCES[name] if name is not None else recognize(files)
    loaded = source.read(files)
    if loaded.n_records == 0:
        raise SourceError(f"{path} holds no record of {source.name}")
    return source, loaded
