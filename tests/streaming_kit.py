"""Small, ugly examples of the streaming sources, all invented; entered in ``sources_kit``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SERVICES = "Netflix,Hulu,Prime Video,Disney+,Type"
PLATFORMS = {
    "MoviesOnStreamingPlatforms_updated.csv": (
        f",ID,Title,Year,Age,IMDb,Rotten Tomatoes,{SERVICES},Directors,Genres,Country,Language,"
        "Runtime\n"
        "0,1,Glass Orchard,2010,13+,8.8,87%,1,0,0,0,0,Ann Ó Néill,"
        '"Drama,Sci-Fi","Chile,United States","Spanish,English",148\n'
        "1,2,Überfahrt,1999,,,,0,1,0,0,0,,,,,\n"
        "2,3,Oct-22,1998,18+,5.1,,0,0,1,0,0,Bo Li,Drama,Canada,English,92\n"
        "3,4,11-11-11,2011,,11.5,120%,0,0,2,0,0,,,,,long\n"
        '4,5,"Two, Too",2012,all,7,0%,0,0,0,0,0,"Cy Dee,Cy Dee,Ed Fo",Comedy,,,0\n'
    ),
    "MoviesOnStreamingPlatforms.csv": (
        f",ID,Title,Year,Age,Rotten Tomatoes,{SERVICES}\n"
        "0,1,GLASS ORCHARD,2010,16+,12/100,0,1,0,1,0\n"
        "1,2,Glass Orchard,2011,7+,98/100,0,0,1,0,0\n"
        "2,3,22-Jul,2018,18+,80/100,1,0,0,0,0\n"
        "3,3,Repeat of an ID,2018,18+,80/100,1,0,0,0,0\n"
    ),
    "tv_shows.csv": (
        f",ID,Title,Year,Age,IMDb,Rotten Tomatoes,{SERVICES}\n"
        "0,1,Glass Orchard,2010,16+,9.4/10,100/100,1,1,0,0,1\n"
        "1,2,No Such Year,MMX,16+,,10/100,0,0,0,1,1\n"
        "2,x,No Number,2015,16+,,10/100,0,0,0,1,1\n"
    ),
}

TWELVE = (
    "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,"
    "description\n"
)
LISTS = {
    "netflix_titles.csv": TWELVE
    + 's1,Movie,Glass Orchard,"Ann Ó Néill, Bo Li","Cy Dee, Ed Fo, Cy Dee",", Chile, Peru,",'
    '"September 25, 2021",2010,PG-13,90 min,"Dramas, Independent Movies","Trees, of glass."\n'
    's2,TV Show,Überfahrt,,,," August 4, 2017",2009,TV-MA,2 Seasons,TV Dramas,"A line\n'
    'and another"\n'
    's3,Movie,Hilarious Hour,Ed Fo,Ed Fo,,"Sept 31, 2016",2017,74 min,,Stand-Up,Jokes.\n'
    "s4,Movie,22-Jul,Ed Fo,,,,2018,R,144 min,Dramas,A day.\n"
    's5,Movie,Twin,Bo Li,,,"May 1, 2020",1950,,61 min,Dramas,One of two.\n',
    "amazon_prime_titles.csv": TWELVE
    + "s1,Movie,Glass  Orchard,,,,,2010,13+,91 min,Drama,Two spaces.\n"
    "s2,Movie,GLASS ORCHARD,Bo Li,,Peru,,2010,13+,91 min,Drama,Glass.\n"
    "s3,Movie,Twin,Cy Dee,1,,,1950,ALL,0 min,Drama,Another.\n"
    "s4,Opera,Aria,,,,,1950,ALL,100 min,Music,Sung.\n",
    "hulu_titles.csv": TWELVE
    + 's1,Movie,Überfahrt,,,,"July 1, 2021",2009,3 Seasons,,Drama,Typed as a film.\n'
    "s2,TV Show,Überfahrt,Director Ann talks about crossings.,,,,2009,,,Drama,Again.\n"
    "s3,TV Show,Endless,,,,,2020,TV-14,many Seasons,Drama,On and on.\n",
    "disney_plus_titles.csv": TWELVE
    + 's1,Movie,Glass Orchard,"Ann Ó Néill, Zed Ý",,,"November 12, 2019",2010,PG,90 min,Drama,X.\n'
    "sone,Movie,No Number,,,,,2010,PG,90 min,Drama,X.\n",
}

JUSTWATCH = {
    "titles.csv": (
        "id,title,type,description,release_year,age_certification,runtime,genres,"
        "production_countries,seasons,imdb_id,imdb_score,imdb_votes,tmdb_popularity,tmdb_score\n"
        "ts300,Überfahrt,SHOW,Boats.,2009,TV-MA,51,['documentation'],['DE'],1.0,,,,0.6,\n"
        'tm300,Glass Orchard,MOVIE,"Trees, of ""glass""",1976,R,0,"[\'drama\', \'crime\']",'
        '"[\'CL\', ""CI""]",,tt0099123,8.2,808582.0,40.965,8.179\n'
        "tm7,,MOVIE,,2015,,11,[],[],,tt4661188,,,,\n"
        "tm8,Late Ferry,MOVIE,,2031x,,90,drama,[],,12345,10.5,,,6.1\n"
        "tm8,Late Ferry,MOVIE,,2021,,90,[],[],,,,,,\n"
    ),
    "credits.csv": (
        "person_id,id,name,character,role\n"
        '3748,tm300,Ann Ó Néill,"Self, mostly",ACTOR\n'
        "14,tm300,Bo Li,,ACTOR\n"
        "14,tm300,Bo Li,,DIRECTOR\n"
        "14,tm300,Bo Li,A Voice,ACTOR\n"
        "15,tm7,Cy Dee,,ACTOR\n"
        "16,ts300,Ed Fo,,CATERER\n"
    ),
}


def write(folder: Path, texts: Mapping[str, str]) -> Path:
    """The folder with one file per text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def streaming_platforms(folder: Path) -> Path:
    """All three tables: dates for titles, a film in both film tables, flags that are no flags."""
    return write(folder, PLATFORMS)


def streaming_lists(folder: Path) -> Path:
    """All four services: misplaced durations, one title on three services, twins by directors."""
    return write(folder, LISTS)


def justwatch(folder: Path) -> Path:
    """A film and a show of one number, an empty title, literals that are none."""
    return write(folder, JUSTWATCH)
