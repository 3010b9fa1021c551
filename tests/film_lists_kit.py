"""Small, ugly files in the formats of film lists (TMDB, IMDb), all invented."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def table(records: Iterable[Mapping[str, Any]], separator: str = ",", end: str = "\n") -> str:
    """Delimited text of the records with a header; None is an empty cell."""
    rows = list(records)
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def write(folder: Path, texts: Mapping[str, str]) -> Path:
    """The folder, with one file per text; line ends are written as given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    return folder


def tmdb_movie(number: int, title: str, **cells: Any) -> dict[str, Any]:
    """A record of ``tmdb_5000_movies.csv``; a cell that is given may hold any text."""
    record = {
        "budget": 0,
        "genres": [],
        "homepage": None,
        "id": number,
        "keywords": [],
        "original_language": "en",
        "original_title": title,
        "overview": None,
        "popularity": 1.5,
        "production_companies": [],
        "production_countries": [],
        "release_date": "1999-01-02",
        "revenue": 0,
        "runtime": 90.0,
        "spoken_languages": [],
        "status": "Released",
        "tagline": None,
        "title": title,
        "vote_average": 0.0,
        "vote_count": 0,
    }
    record |= cells
    return {key: json.dumps(v) if isinstance(v, list | dict) else v for key, v in record.items()}


def player(number: int | None, name: str | None, character: str, order: int) -> dict[str, Any]:
    """An entry of a TMDB cast list."""
    return {"cast_id": 1, "character": character, "id": number, "name": name, "order": order}


def worker(number: int | None, name: str | None, job: str) -> dict[str, Any]:
    """An entry of a TMDB crew list."""
    return {"department": "Some", "job": job, "id": number, "name": name}


def tmdb_5000(folder: Path) -> Path:
    """Two films of one title, unknown money, broken JSON, a film opening after the collection."""
    movies = [
        tmdb_movie(
            7,
            "The Lighthouse Keeper",
            budget=4_000_000,
            revenue=12_500_000,
            genres=[{"id": 18, "name": "Drama"}, {"id": 9648, "name": "Mystery"}],
            keywords=[{"id": 1, "name": "sea"}, {"id": 2, "name": "sea"}, {"id": 3, "name": ""}],
            original_language="fr",
            original_title="Le gardien, « été »",
            overview='A man said "stay"\nand nobody, not one, did.',
            production_countries=[{"iso_3166_1": "FR", "name": "France"}],
            production_companies=[{"name": "Films Été", "id": 5}],
            spoken_languages=[
                {"iso_639_1": "en", "name": "English"},
                {"iso_639_1": "fr", "name": "Français"},
            ],
            release_date="2004-02-29",
            vote_average=6.4,
            vote_count=31,
        ),
        tmdb_movie(8, "Twin", revenue=700, release_date="2017-08-01", runtime=0),
        tmdb_movie(9, "Twin", release_date=None, runtime=None, vote_average=7.5, vote_count=0),
        tmdb_movie(10, "Late", revenue=5_000, release_date="2017-12-24", genres='[{"id": 1,'),
        tmdb_movie(11, "Odd", budget="many", release_date="2001-02-30", keywords="17"),
        tmdb_movie(7, "The Lighthouse Keeper, again", tagline="From the repeat."),
        tmdb_movie(12, ""),
    ]
    people = [
        {
            "movie_id": 7,
            "title": "The Lighthouse Keeper",
            "cast": json.dumps(
                [
                    player(101, "Second Name", "", 4),
                    player(100, "Zoë First", "Keeper", 0),
                    player(100, "Zoë First", "Keeper's twin", 4),
                    player(None, None, "Nobody", 9),
                ]
            ),
            "crew": json.dumps(
                [
                    worker(102, "Dir Ector", "Director"),
                    worker(103, "W. Riter", "Screenplay"),
                    worker(102, "Dir Ector", "Novel"),
                    worker(104, "C. Omposer", "Original Music Composer"),
                    worker(105, "P. Roducer", "Executive Producer"),
                    worker(106, "G. Affer", "Gaffer"),
                ]
            ),
        },
        {"movie_id": 8, "title": "Twin", "cast": "[]", "crew": "[]"},
        {
            "movie_id": 9,
            "title": "Twin",
            "cast": "not JSON",
            "crew": json.dumps([worker(107, "Other Director", "Director")]),
        },
        {"movie_id": 999, "title": "Elsewhere", "cast": "[]", "crew": "[]"},
    ]
    return write(
        folder, {"tmdb_5000_movies.csv": table(movies), "tmdb_5000_credits.csv": table(people)}
    )


def genre_row(film: str, name: str, genre: str, **cells: str | None) -> dict[str, str | None]:
    """A record of one of IMDb's genre files."""
    record: dict[str, str | None] = {
        "movie_id": film,
        "movie_name": name,
        "year": "2001",
        "certificate": None,
        "runtime": None,
        "genre": genre,
        "rating": None,
        "description": "Add a Plot",
        "director": None,
        "director_id": None,
        "star": None,
        "star_id": None,
        "votes": None,
    }
    return record | {"gross(in $)": None} | cells


def imdb_genres(folder: Path) -> Path:
    """A film in two files, ids that go on in the next cell, numerals for years, odd numbers."""
    shared = "tt0099123"
    war = [
        genre_row(
            shared,
            "Les égarés, or: Lost",
            "Drama, War",
            runtime="1,110 min",
            rating="7.3",
            votes="1,234",
            description='They walk "home".\nSlowly ...                See full summary\xa0»',
            director="Ann One, \nBo Two",
            director_id="/name/nm0000001/",
            star="Cy Three, \nDee Four, Jr.",
            star_id="/name/nm0000002/,/name/nm0000003/,/name/nm12345678/",
            **{"gross(in $)": "85.0"},
        ),
        genre_row("tt0000012", "Numeral", "War", year="XIV", star="Only Name"),
        genre_row("tt0000013", "Commas", "War", star="E Five, F Six", star_id="nm5,nm6"),
        genre_row("nm0000014", "A Person", "War"),
        genre_row("tt0000015", "Next Century", "War", year="20001", runtime="long", votes="0"),
        genre_row("tt0000012", "Numeral", "War", certificate="PG"),
    ]
    history = [
        genre_row("tt0000016", "Unvoted", "Drama, History", rating="9.9", votes="0"),
        genre_row(
            shared,
            "Lost",
            "Drama, History",
            certificate="Not Rated",
            votes="1,240",
            star="Somebody Else",
            star_id="/name/nm0000009/",
        ),
    ]
    return write(folder, {"war.csv": table(war), "history.csv": table(history)})


def imdb_5000_row(film: str, title: str, **cells: str | None) -> dict[str, str | None]:
    """A record of ``movie_metadata.csv`` with the columns that are read, and one that is not."""
    record: dict[str, str | None] = {
        "color": "Color",
        "director_name": "Dir Ector",
        "duration": "101",
        "actor_2_name": "Second Star",
        "gross": None,
        "genres": "Drama|Film-Noir",
        "actor_1_name": "First Star",
        "movie_title": f"{title}\xa0",
        "num_voted_users": "12",
        "actor_3_name": None,
        "plot_keywords": None,
        "movie_imdb_link": f"http://www.imdb.com/title/{film}/?ref_=fn_tt_tt_1",
        "language": "English",
        "country": "USA",
        "content_rating": "PG",
        "budget": None,
        "title_year": "1999",
        "imdb_score": "6.5",
    }
    return record | cells


def imdb_5000(folder: Path) -> Path:
    """CRLF, titles that end in a no-break space, repeats, won for dollars, a series."""
    rows = [
        imdb_5000_row("tt0000021", "Ferry", budget="1000000", gross="2000000"),
        imdb_5000_row(
            "tt0000022",
            "괴물, The",
            country="South Korea",
            budget="12215500000",
            language="None",
            plot_keywords="river|monster",
        ),
        imdb_5000_row("tt0000021", "Ferry", budget="1000000", num_voted_users="13"),
        imdb_5000_row("tt0000021", "Ferry", plot_keywords="boat"),
        imdb_5000_row("tt0000023", "Tide\xa0           ", title_year=None, director_name=None),
        imdb_5000_row("tt0000024", "Silent", num_voted_users="0", title_year="99", budget="-1"),
        imdb_5000_row("none", "Unlinked"),
        imdb_5000_row("tt0000025", "Stateless", country=None, budget="5", actor_3_name="Third"),
    ]
    return write(folder, {"movie_metadata.csv": table(rows, end="\r\n")})


def dataset_movie(number: int | str, title: str | None, **cells: Any) -> dict[str, Any]:
    """A record of ``movies_metadata.csv``: TMDB's columns with nested ones as Python literals."""
    record: dict[str, Any] = {
        "adult": "False",
        "belongs_to_collection": None,
        "budget": "0",
        "genres": [],
        "id": number,
        "imdb_id": None,
        "original_language": "en",
        "original_title": title,
        "overview": None,
        "popularity": "0.5",
        "production_companies": [],
        "production_countries": [],
        "release_date": "1995-10-30",
        "revenue": "0",
        "runtime": "81.0",
        "spoken_languages": [],
        "status": "Released",
        "tagline": None,
        "title": title,
        "vote_average": "7.7",
        "vote_count": "10",
    }
    record |= cells
    return {key: repr(v) if isinstance(v, list | dict) else v for key, v in record.items()}


def movies_dataset(folder: Path) -> Path:
    """A record broken in two, literals with nan and quotes, repeats, links that lead nowhere."""
    movies = [
        dataset_movie(
            862,
            "Paper Lantern",
            belongs_to_collection={"id": 1, "name": "Lantern Collection", "poster_path": None},
            budget="30000000",
            revenue="373554033.0",
            genres=[{"id": 16, "name": "Children's"}, None],
            production_companies="[{'name': 'Ünnamed \\d Films', 'id': nan}]",
            spoken_languages=[{"iso_639_1": "fr", "name": "Français"}],
            imdb_id="tt0099123",
        ),
        dataset_movie(105, "Übertritt", imdb_id="0", genres="[{'id': 1, 'name': chr(72)}]"),
        dataset_movie(862, "Paper Lantern", tagline="Only here."),
        dataset_movie("1997-08-20", None, release_date="1"),
        dataset_movie(12, None),
        dataset_movie("13.0", "Whole Number", revenue="-5", belongs_to_collection="0.065736"),
    ]
    broken = "False,[],0,[],82663,tt0113002,en,Midnight,a plot that breaks\noff here,1\n"
    people = [
        {
            "cast": repr([player(1, "Ann O'Neill", 'A "Keeper"', 0)]),
            "crew": repr([worker(2, "Bo Lí", "Director")]),
            "id": 862,
        },
        {"cast": "[]", "crew": "[{'name':", "id": 105},
        {"cast": "[]", "crew": "[]", "id": 862},
        {"cast": "[]", "crew": "[]", "id": 404},
    ]
    keywords = [
        {
            "id": 862,
            "keywords": repr([{"id": 5, "name": "toy"}, {"id": 6, "name": "child's play"}]),
        },
        {"id": 862, "keywords": repr([{"id": 5, "name": "toy"}])},
        {"id": 105, "keywords": "[]"},
        {"id": 404, "keywords": "[]"},
    ]
    return write(
        folder,
        {
            "movies_metadata.csv": table(movies) + broken,
            "credits.csv": table(people),
            "keywords.csv": table(keywords),
            "links.csv": (
                "movieId,imdbId,tmdbId\r\n1,0099123,862\r\n2,0113497,105.0\r\n"
                "3,0113228,\r\n4,0114885,862\r\n5,0113041,404\r\n6,x,13\r\n"
            ),
            "links_small.csv": "movieId,imdbId,tmdbId\r\n1,0099123,105\r\n7,0114709,13\r\n",
            "ratings_small.csv": (
                "userId,movieId,rating,timestamp\n"
                "1,1,2.5,1260759144\n1,2,3.0,1260759179\n1,3,3.0,1260759182\n"
                "1,4,4.0,1260759185\n2,5,0.5,835355493\n2,7,5.0,835355681\n"
                "2,9,5.0,835355681\n2,1,5.5,835355681\n2,2,x,835355681\n"
            ),
        },
    )


def tsv(columns: str, *rows: str) -> str:
    """Text of one of IMDb's daily files from cells between blanks; ``_`` stands for a blank."""
    lines = ["\t".join(row.split()) for row in (columns, *rows)]
    return "".join(f"{line}\n".replace("_", " ") for line in lines)


def imdb_official(folder: Path) -> Path:
    """Every type of title, quotes that quote nothing, people without names, broken lines."""
    basics = "tconst titleType primaryTitle originalTitle isAdult startYear endYear "
    return write(
        folder,
        {
            "title.basics.tsv": tsv(
                basics + "runtimeMinutes genres",
                'tt0000101 movie "Ferry" La_"Barca 0 1994 \\N 101 Drama,Film-Noir',
                "tt0000102 short Little Little 0 1994 \\N 5 Short",
                "tt10000103 tvSeries Überfahrt Überfahrt 0 2009 2011 \\N \\N",
                "tt0000104 tvEpisode Part_One Part_One 0 2009 \\N 40 Drama",
                "tt0000105 tvMovie Late Late 1 soon \\N long \\N",
                "tt0000106 tvMiniSeries \\N \\N 0 2010 2010 \\N \\N",
                "tt0000101 movie Again Again 0 1994 \\N 101 Drama",
                "xx movie No_Id No_Id 0 1994 \\N 101 Drama",
                "tt0000107 movie Too_Short 0 1994",
                "tt0000108 videoGame Game Game 0 1994 \\N \\N \\N",
            ),
            "title.ratings.tsv": tsv(
                "tconst averageRating numVotes",
                "tt0000101 7.3 1234",
                "tt0000102 6.0 50",
                "tt10000103 11 8",
                "tt0000105 8.0 0",
            ),
            "title.crew.tsv": tsv(
                "tconst directors writers",
                "tt0000101 nm0000002,nm0000003 nm0000004,nm0000009",
                "tt0000102 nm0000002 \\N",
                "tt10000103 \\N \\N",
            ),
            "title.principals.tsv": tsv(
                "tconst ordering nconst category job characters",
                'tt0000101 2 nm0000001 actress \\N ["Ann_\\"A\\"","Bo"]',
                'tt0000101 1 nm10000005 self \\N ["Self"]',
                "tt0000101 3 nm0000004 writer based_on_the_novel \\N",
                "tt0000101 4 nm0000006 cinematographer \\N \\N",
                "tt0000101 5 nm0000008 actor \\N \\N",
                "tt0000104 1 nm0000001 actress \\N \\N",
            ),
            "name.basics.tsv": tsv(
                "nconst primaryName birthYear deathYear primaryProfession knownForTitles",
                "nm0000001 Ann_Ó_Néill 1950 \\N actress tt0000101",
                "nm0000002 Dir_One \\N \\N director tt0000101",
                "nm0000003 Dir_Two \\N \\N \\N \\N",
                "nm0000004 W._Riter \\N \\N writer \\N",
                "nm10000005 Herself \\N \\N \\N \\N",
                "nm0000006 C._Inema \\N \\N \\N \\N",
                "nm0000007 Nobody_Here \\N \\N \\N \\N",
                "nm0000008 \\N \\N \\N \\N \\N",
            ),
        },
    )


def tmdb_api(folder: Path) -> Path:
    """A film and a show of one number, one gone, one answered twice, one without a title."""
    film = {
        "id": 7,
        "title": "The Lighthouse Keeper",
        "release_date": "2026-03-01",
        "original_language": "fr",
        "genres": [{"name": "Drama"}],
        "keywords": [{"name": "sea"}],
        "cast": [player(3, "Ada Quill", "Nora", 0)],
        "crew": [worker(4, "Max Fenn", "Director")],
        "imdb_id": "tt0099200",
        "budget": 4_000_000,
        "revenue": 0,
        "vote_average": 7.5,
        "vote_count": 12,
        "runtime": 0,
        "certificates": {"US": "PG", "GB": "12A"},
        "collection": "Lighthouses",
        "offers": {"US": ["Lantern+", "Lantern+"], "GB": ["Foghorn"]},
    }
    show = {
        "id": 7,
        "name": "Überfahrt",
        "first_air_date": "",
        "episode_run_time": [45],
        "number_of_seasons": 2,
        "imdb_id": "",
        "vote_count": 0,
        "vote_average": 5,
    }
    gone = {"id": 8, "title": "Fog", "release_date": "2030-01-01", "offers": {"US": ["Lantern+"]}}
    lines: list[dict[str, Any]] = [
        tmdb_line("film", 7, {"id": 7, "title": "Working title"}, on="2026-10-01"),
        tmdb_line("show", 7, show),
        tmdb_line("film", 7, film),
        tmdb_line("film", 8, gone, on="2026-10-01"),
        tmdb_line("film", 8, None),
        tmdb_line("film", 9, {"id": 9, "overview": "Nameless."}),
    ]
    return write(folder, {"titles.jsonl": "".join(json.dumps(each) + "\n" for each in lines)})


def tmdb_line(
    kind: str, number: int, body: Mapping[str, Any] | None, *, on: str = "2026-11-02"
) -> dict[str, Any]:
    """A line of what ``data update`` keeps; without a body of a title that is gone."""
    line = {"kind": kind, "id": number, "on": on, "job": "one", "terms": "en-US US,GB"}
    return line | ({"gone": True} if body is None else {"body": dict(body)})
