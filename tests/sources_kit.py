"""Small, ugly files in the format of every source, all invented, for tests of readers.

``FIXTURES`` maps the public name of a source to a function that writes its example into a folder
and returns the path to hand to ``read_source``. An example holds only files that the reader reads,
and at least one record that it must reject.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import film_lists_kit
from streaming_kit import justwatch, streaming_lists, streaming_platforms


def write_files(folder: Path, texts: Mapping[str, str], encoding: str = "utf-8") -> Path:
    """The folder, with one file per text; line ends are written as given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def write_file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """The path of a single file with that text."""
    return write_files(folder, {name: text}, encoding) / name


def files_of(path: Path) -> list[Path]:
    """The files of a fixture: those of its folder, or itself."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def zipped(path: Path, archive: Path) -> Path:
    """A zip archive of the fixture, its files in a folder as publishers pack them."""
    root = path if path.is_dir() else path.parent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        for file in files_of(path):
            stream.write(file, f"{archive.stem}/{file.relative_to(root)}")
    return archive


def gzipped(path: Path) -> Path:
    """The fixture with every file compressed in place."""
    for file in files_of(path):
        compress(file, file.read_bytes())
    return path if path.is_dir() else path.with_name(f"{path.name}.gz")


def compress(file: Path, content: bytes, *, keep: float = 1.0) -> Path:
    """The file replaced by a .gz of that content, of which only a share is kept."""
    packed = gzip.compress(content, mtime=0)
    target = file.with_name(f"{file.name}.gz")
    target.write_bytes(packed[: int(len(packed) * keep)])
    file.unlink()
    return target


ML_100K_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)


def _item(number: int, title: str, released: str, url: str, *genres: str) -> str:
    flags = ["1" if genre in genres else "0" for genre in ML_100K_GENRES]
    return "|".join([str(number), title, released, "", url, *flags]) + "\n"


def ml_100k(folder: Path) -> Path:
    """A ragged line, a repeat, a viewer 0 and a nameless item among eight ratings."""
    return write_files(
        folder,
        {
            "u.data": (
                "2\t11\t5\t880000000\n"
                "1\t10\t3\t880000100\n"
                "1\t11\t4\t880000100\n"
                "1\t10\t4\t880000300\n"  # the later of two: this one stands
                "3\t267\t1\t880000200\n"
                "0\t10\t5\t880000000\n"  # no such viewer
                "3\t10\t6\t880000200\n"  # beyond the scale
                "3\t11\t2\n"
            ),
            "u.item": (
                _item(10, "Ferry at Night, The (1994)", "11-Mar-1994", "http://x/", "Drama")
                + _item(11, "Café des égarés, Le (Lost, The) (1995)", "01-Jan-1995", "", "War")
                + _item(12, "Third Tide (1996) (V)", "99-Foo-1996", "http://x/", "Comedy", "War")
                + _item(267, "unknown", "", "", "unknown")
                + _item(13, "", "01-Jan-1995", "")
            ),
            "u.user": "1|24|M|technician|85711\n2|53|F|other|V3N4P\n3|x|M|writer|02139\n",
            "u.genre": "".join(f"{genre}|{n}\n" for n, genre in enumerate(ML_100K_GENRES)) + "\n",
        },
        "latin-1",
    )


def ml_1m(folder: Path) -> Path:
    """An unknown film, a second rating at the same moment and an unknown occupation."""
    return write_files(
        folder,
        {
            "ratings.dat": (
                "1::5::5::978300760\n"
                "1::7::3::978302109\n"
                "2::5::4::978300760\n"
                "2::5::2::978300760\n"  # same moment: the last one stands
                "2::99::2::978300761\n"  # no such film
                "2::7::five::978300761\n"
            ),
            "movies.dat": (
                "5::Señor Ocho, El (Mister Eight) (1988)::Comedy|Film-Noir\n"
                "7::Gray, Gray Sea (1999)::Drama\n"
                "9::Attic, An (2000)::Children's\n"
                "x::Letters for an id (2000)::Drama\n"
            ),
            "users.dat": "1::F::1::10::48067\n2::M::56::16::70072-1234\n3::M::25::77::00918\n",
        },
        "latin-1",
    )


def ml_10m(folder: Path) -> Path:
    """Half stars, a tag that repeats in other letters, a film without genres."""
    return write_files(
        folder,
        {
            "ratings.dat": (
                "1::122::5::838985046\n1::185::4.5::838983525\n2::122::0.5::868245777\n"
                "2::185::0::868245777\n"
            ),
            "movies.dat": (
                "122::Böömerang Alley (1992)::Comedy|Romance\n"
                "185::Cable, The (1995)::(no genres listed)\n"
                "186::Quiet::Drama\n"
            ),
            "tags.dat": (
                "15::185::Sea Voyage!::1215184630\n16::185::sea voyage!::1215184630\n"
                "16::185::slow::1215184631\n17::4973::nobody's::1215184630\n"
            ),
        },
    )


def ml_csv(folder: Path) -> Path:
    """Quoted titles with commas, tags, links without a TMDB id, CRLF line ends, a bad line."""
    return write_files(
        folder,
        {
            "ratings.csv": (
                "userId,movieId,rating,timestamp\r\n"
                "1,1,4.0,964982703\r\n1,3,0.5,964981247\r\n7,3,5,1493846415\r\n"
                "7,1,x,1493846415\r\n7,4,2.5,99999999999999\r\n8,1,3,964982703,1\r\n"
            ),
            "movies.csv": (
                "movieId,title,genres\r\n"
                '1,"Paper Lantern, The (Lanterne, La) (1995)",Animation|Children\r\n'
                "3,Überfahrt (a.k.a. Crossing) (2009– ),Drama\r\n"
                '4,"He said ""No""",(no genres listed)\r\n'
            ),
            "tags.csv": (
                "userId,movieId,tag,timestamp\r\n2,1,Paper,1445714994\r\n3,1,paper ,1445714996\r\n"
                '3,1,"slow, sad",1445714992\r\n3,9,lost,1445714992\r\n'
            ),
            "links.csv": "movieId,imdbId,tmdbId\r\n1,0099123,862\r\n3,11223344,\r\n4,x,12\r\n",
        },
    )


def letterboxd(folder: Path) -> Path:
    """A comma in a title, a film without a year, a thirteenth month, six stars."""
    return write_files(
        folder,
        {
            "ratings.csv": (
                "Date,Name,Year,Letterboxd URI,Rating\n"
                "2021-03-04,Paper Lantern,1995,https://boxd.it/aaaa,4.5\n"
                '2021-03-04,"Ferry, Ferry",2001,https://boxd.it/bbbb,0.5\n'
                "2021-03-05,Überfahrt,,https://boxd.it/cccc,3\n"
                "2021-13-05,No Such Month,1999,https://boxd.it/dddd,3\n"
                "2021-03-05,Six Stars,1999,https://boxd.it/eeee,6\n"
            ),
        },
    )


def imdb_export(folder: Path) -> Path:
    """Ratings 1 to 10, a series, an episode, an id that is none."""
    return write_file(
        folder,
        "ratings.csv",
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,"
        "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n"
        "tt0099123,9,2021-01-31,Paper Lantern,La lanterne,https://x/,Movie,7.1,101,1995,"
        '"Animation, Drama",1234,1995-05-01,"Ann Ó Néill, Bo Li"\n'
        "tt11223344,1,2021-02-01,Überfahrt,Überfahrt,https://x/,TV Series,6.0,,2009,Drama,12,,\n"
        "tt55555555,7,2021-02-01,Part One,Part One,https://x/,TV Episode,6.0,,2009,Drama,12,,\n"
        "nm0000001,7,2021-02-01,A Person,A Person,https://x/,Movie,6.0,,2009,Drama,12,,\n",
    )


def trakt(folder: Path) -> Path:
    """A film, a show, an episode, and a film rated 11."""
    film = {"title": "Paper Lantern", "year": 1995}
    ids = {"trakt": 12, "slug": "paper-lantern-1995", "imdb": "tt0099123", "tmdb": 862}
    show = {"title": "Überfahrt", "year": None, "ids": {"trakt": 12, "tmdb": None}}
    late = {"title": "Eleven", "year": 2011, "ids": {"trakt": 13}}
    ratings = [
        {"rated_at": "2014-09-01T09:10:11.000Z", "rating": 9, "type": "movie"}
        | {"movie": film | {"ids": ids}},
        {"rated_at": "2014-09-01T09:10:11.000Z", "rating": 1, "type": "show", "show": show},
        {"rated_at": "2014-09-02T09:10:11.000Z", "rating": 5, "type": "episode", "show": show}
        | {"episode": {"season": 1, "number": 2, "title": "Two", "ids": {"trakt": 99}}},
        {"rated_at": "2014-09-02T09:10:11.000Z", "rating": 11, "type": "movie", "movie": late},
    ]
    text = json.dumps(ratings, indent=1, ensure_ascii=False)
    return write_file(folder, "ratings.json", text)


def movielens_export(folder: Path) -> Path:
    """Half stars, leading zeros of IMDb ids kept and lost, a rating of zero."""
    return write_file(
        folder,
        "movielens-ratings.csv",
        "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
        '1,0099123,862,4.5,3.9,"Paper Lantern, The (1995)"\n'
        "3,99124,,0.5,3.1,Überfahrt (2009)\n"
        "4,99125,12,0,3.1,Nothing (2010)\n",
    )


FIXTURES: dict[str, Callable[[Path], Path]] = {
    "ml-100k": ml_100k,
    "ml-1m": ml_1m,
    "ml-10m": ml_10m,
    "ml-csv": ml_csv,
    "letterboxd": letterboxd,
    "imdb-export": imdb_export,
    "trakt": trakt,
    "movielens-export": movielens_export,
    "tmdb-5000": film_lists_kit.tmdb_5000,
    "tmdb-api": film_lists_kit.tmdb_api,
    "imdb-official": film_lists_kit.imdb_official,
    "movies-dataset": film_lists_kit.movies_dataset,
    "imdb-genres": film_lists_kit.imdb_genres,
    "imdb-5000": film_lists_kit.imdb_5000,
    "streaming-platforms": streaming_platforms,
    "streaming-lists": streaming_lists,
    "justwatch": justwatch,
}
"""One builder per source; the contract suite runs over all of them."""
