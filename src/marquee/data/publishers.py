"""What can be fetched from its publisher: addresses, terms, and the reader that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
IMDB = "https://datasets.imdbws.com/"

_GROUPLENS_TERMS = (
    "GroupLens, University of Minnesota: for research, without commercial use unless they permit "
    "it; name them in publications (Harper and Konstan 2015, doi:10.1145/2827872). "
    "Redistribution only as the terms allow."
)
_IMDB_TERMS = (
    "Information courtesy of IMDb (https://www.imdb.com), used with permission: personal and "
    "non-commercial use only."
)


@dataclass(frozen=True)
class Remote:
    """One file at its publisher."""

    url: str
    md5_url: str | None = None
    """Where the publisher gives the file's MD5 sum; None where it gives none."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Published:
    """A data set as its publisher offers it."""

    name: str
    files: tuple[Remote, ...]
    format: str
    """Public name of the source that reads it."""
    size: str
    """Approximate size of the download."""
    license: str
    """The terms in short, in our words; ``terms_url`` holds."""
    terms_url: str


def _movielens(name: str, format_: str, size: str, *, readme: str, md5: bool) -> Published:
    url = f"{GROUPLENS}{name}.zip"
    # The moving sets (ml-latest*) are replaced now and then and have no published sum.
    return Published(
        name=name,
        files=(Remote(url, f"{url}.md5" if md5 else None),),
        format=format_,
        size=size,
        license=_GROUPLENS_TERMS,
        terms_url=f"{GROUPLENS}{name}-README.{readme}",
    )


_ALL = (
    _movielens("ml-100k", "ml-100k", "5 MB", readme="txt", md5=True),
    _movielens("ml-1m", "ml-1m", "6 MB", readme="txt", md5=True),
    _movielens("ml-10m", "ml-10m", "63 MB", readme="html", md5=True),
    _movielens("ml-20m", "ml-csv", "190 MB", readme="html", md5=True),
    _movielens("ml-25m", "ml-csv", "250 MB", readme="html", md5=True),
    _movielens("ml-32m", "ml-csv", "239 MB", readme="html", md5=True),
    _movielens("ml-latest", "ml-csv", "335 MB", readme="html", md5=False),
    _movielens("ml-latest-small", "ml-csv", "1 MB", readme="html", md5=False),
    Published(
        name="imdb",
        files=tuple(
            Remote(f"{IMDB}{table}.tsv.gz")
            for table in (
                "title.basics", "title.ratings", "title.crew", "title.principals", "name.basics",
            )
        ),
        format="imdb-official",
        size="1.3 GB",
        license=_IMDB_TERMS,
        terms_url="https://developer.imdb.com/non-commercial-datasets/",
    ),
)  # fmt: skip

PUBLISHED: dict[str, Published] = {published.name: published for published in _ALL}
"""Every data set that ``download`` can fetch, by name."""


@dataclass(frozen=True)
class Attribution:
    """What a publisher wants said wherever its data are shown."""

    data: str
    offers: str
    """What it wants said of where to watch."""


ATTRIBUTIONS = {
    "tmdb-api": Attribution(
        "This product uses the TMDB API but is not endorsed or certified by TMDB.",
        "Where to watch: data by JustWatch, by way of TMDB.",
    ),
}
"""By the public name of the source."""
