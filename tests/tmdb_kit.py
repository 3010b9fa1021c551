"""A local server that speaks the shapes of TMDB's API, version 3, and misbehaves by script.

Every title is invented.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"
PAGE = 3
"""Titles on a page; TMDB has 20."""

Title = dict[str, Any]
Fault = Callable[["Handler", bytes], None]
"""What is sent in place of an answer's bytes."""


def film(number: int, released: str, **more: Any) -> Title:
    """What ``movie/NUMBER`` answers, everything appended."""
    return {
        "adult": False,
        "id": number,
        "title": f"Film {number}",
        "original_title": f"Film {number}",
        "original_language": "en",
        "release_date": released,
        "budget": 0,
        "revenue": 0,
        "runtime": 90 + number % 50,
        "popularity": 1.5,
        "vote_average": 6.5,
        "vote_count": 10,
        "overview": f"The plot of film {number}.",
        "tagline": "",
        "status": "Released",
        "imdb_id": f"tt{number:07d}",
        "genres": [{"id": 18, "name": "Drama"}],
        "production_companies": [
            {"id": 1, "logo_path": None, "name": "Fenn", "origin_country": ""}
        ],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "spoken_languages": [{"english_name": "English", "iso_639_1": "en", "name": "English"}],
        "belongs_to_collection": None,
        "keywords": {"keywords": [{"id": 1, "name": "sea"}]},
        "credits": {
            "cast": [{"id": 5, "name": "Ada Quill", "character": "Nora", "order": 0}],
            "crew": [{"id": 6, "name": "Max Fenn", "job": "Director", "department": "Directing"}],
        },
        "external_ids": {"imdb_id": f"tt{number:07d}"},
        "release_dates": {
            "results": [
                {
                    "iso_3166_1": "US",
                    "release_dates": [{"certification": "", "type": 1}, {"certification": "PG"}],
                }
            ]
        },
        "watch/providers": {"results": {"US": offers("Lantern+"), "FR": offers("Phare")}},
    } | more


def show(number: int, released: str, **more: Any) -> Title:
    """What ``tv/NUMBER`` answers, everything appended."""
    answer = film(number, released)
    for name in ("title", "original_title", "release_date", "budget", "revenue", "runtime"):
        del answer[name]
    del answer["imdb_id"], answer["release_dates"]
    return (
        answer
        | {
            "name": f"Show {number}",
            "original_name": f"Show {number}",
            "first_air_date": released,
            "episode_run_time": [45],
            "number_of_seasons": 2,
            "keywords": {"results": [{"id": 1, "name": "fog"}]},
            "external_ids": {"imdb_id": f"tt{number + 9_000_000:07d}"},
            "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-14"}]},
        }
        | more
    )


def offers(*services: str) -> dict[str, Any]:
    """The offers of one region: those services by subscription, and a shop."""
    named = [
        {"logo_path": "/x.jpg", "provider_id": at, "provider_name": name, "display_priority": at}
        for at, name in enumerate(services)
    ]
    shop = {
        "logo_path": "/y.jpg",
        "provider_id": 99,
        "provider_name": "Shop",
        "display_priority": 9,
    }
    return {
        "link": "https://www.themoviedb.org/x",
        "flatrate": named,
        "rent": [shop],
        "buy": [shop],
    }


class TmdbServer(ThreadingHTTPServer):
    """Holds titles by kind (movie, tv) and number, and changes by kind and day."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.titles: dict[str, dict[int, Title]] = {"movie": {}, "tv": {}}
        self.changes: dict[str, dict[str, list[int]]] = {"movie": {}, "tv": {}}
        self.faults: list[Fault | None] = []
        """Taken one for each request, None for a good answer; good ones when it is empty."""
        self.fault_at: dict[str, Fault] = {}
        """What happens to every request for a path."""
        self.before_page: Callable[[str, int], None] = lambda _path, _page: None
        """Called before a page of a list is made, with its path and number."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stop = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/3"

    @property
    def asked(self) -> list[str]:
        """Paths asked for, in order."""
        return [path for path, _ in self.requests]

    def add(self, kind: str, *titles: Title) -> None:
        self.titles[kind] |= {title["id"]: title for title in titles}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: broken pipes are what the tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: TmdbServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parameter's name
        """Silence."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/3/")
        query = dict(parse_qsl(parts.query))
        self.server.requests.append((path, query))
        status, answer = self.answer(path, query)
        content = json.dumps(answer).encode()
        fault = self.server.fault_at.get(path)
        if fault is None and self.server.faults:
            fault = self.server.faults.pop(0)
        if fault is not None:
            fault(self, content)
        else:
            self.send(content, status)
        self.close_connection = True

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if query.get("api_key") != KEY and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"success": False, "status_code": 7, "status_message": "Invalid API key."}
        match path.split("/"):
            case ["discover", kind]:
                return self.page(path, query, lambda: self.discovered(kind, query))
            case [kind, "changes"]:
                return self.page(path, query, lambda: self.changed(kind, query))
            case [kind, number] if int(number) in self.server.titles[kind]:
                return 200, self.server.titles[kind][int(number)]
        message = "The resource you requested could not be found."
        return 404, {"success": False, "status_code": 34, "status_message": message}

    def discovered(self, kind: str, query: dict[str, str]) -> list[Title]:
        day = {"movie": "release_date", "tv": "first_air_date"}[kind]
        name = {"movie": "primary_release_date", "tv": "first_air_date"}[kind]
        found = [
            {"id": title["id"], "genre_ids": [18], day: title[day]}
            for title in self.server.titles[kind].values()
            if query[f"{name}.gte"] <= title[day] <= query[f"{name}.lte"]
            and title["vote_count"] >= int(query["vote_count.gte"])
        ]
        return sorted(found, key=lambda title: (title[day], title["id"]))

    def changed(self, kind: str, query: dict[str, str]) -> list[Title]:
        return [
            {"id": number, "adult": False}
            for day, numbers in sorted(self.server.changes[kind].items())
            if query["start_date"] <= day <= query["end_date"]
            for number in numbers
        ]

    def page(
        self, path: str, query: dict[str, str], find: Callable[[], list[Title]]
    ) -> tuple[int, Any]:
        number = int(query["page"])
        self.server.before_page(path, number)
        found = find()
        return 200, {
            "page": number,
            "results": found[(number - 1) * PAGE : number * PAGE],
            "total_pages": max(-(-len(found) // PAGE), 1),
            "total_results": len(found),
        }

    def send(
        self, content: bytes, status: int = 200, *, announced: int | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        length = len(content) if announced is None else announced
        fixed = {"Content-Type": "application/json", "Content-Length": str(length)}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {**fixed, "Connection": "close", **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def too_many(wait_s: int | None) -> Fault:
    """Status 429, with the seconds to wait."""
    headers: dict[str, Any] = {} if wait_s is None else {"Retry_After": str(wait_s)}
    message = b'{"success":false,"status_code":25,"status_message":"Over the allowed limit."}'
    return lambda handler, _content: handler.send(message, 429, **headers)


def status(code: int) -> Fault:
    """Another status, with a page that is no JSON."""
    return lambda handler, _content: handler.send(b"<html>no</html>", code)


def cut(handler: Handler, content: bytes) -> None:
    """Half of what is announced, then the connection is gone."""
    handler.send(content[: len(content) // 2], announced=len(content))


def truncated(handler: Handler, content: bytes) -> None:
    """Half of the JSON, rightly announced."""
    handler.send(content[: len(content) // 2])


def sends(answer: object) -> Fault:
    """Another answer under status 200."""
    return lambda handler, _content: handler.send(json.dumps(answer).encode())


def silent(handler: Handler, _content: bytes) -> None:
    """Not a byte, until the test ends."""
    handler.server.stop.wait(30)


def drips(handler: Handler, content: bytes) -> None:
    """A byte now and then, each soon enough."""
    handler.send(b"", announced=len(content))
    for byte in content:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.server.stop.wait(0.02):
            return


@contextmanager
def running() -> Iterator[TmdbServer]:
    """A server on a free port, stopped at the end."""
    server = TmdbServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Clock:
    """Real seconds, and those that somebody would have slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def __call__(self) -> float:
        return time.monotonic() + sum(self.slept)
