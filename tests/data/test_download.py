"""What reaches the disk from a publisher is whole and checked, or not there at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from marquee.data.download import download, is_complete
from marquee.data.publishers import PUBLISHED, Published, Remote
from marquee.data.sources import SOURCES
from marquee.data.transfer import note_of
from marquee.errors import DownloadError
from scripted_server import (
    Answer,
    Server,
    drops_after,
    ignores_range,
    of_unknown_length,
    part_of,
    running,
    says_nothing,
    sends,
    shifted_range,
    stalls_after,
    status,
    unconditional_range,
)

NAME = "set.zip"


def archive(seed: int, size: int = 200_000) -> bytes:
    """A zip archive whose bytes do not compress, different for every seed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as stream:
        stream.writestr(zipfile.ZipInfo("set/u.data"), random.Random(seed).randbytes(size))
    return buffer.getvalue()


BODY, OTHER = archive(1), archive(2)


class Fetcher:
    """Downloads with everything a test wants to see afterwards."""

    def __init__(self, server: Server, client: httpx.Client, folder: Path) -> None:
        self.server, self.client, self.folder = server, client, folder
        self.target = folder / NAME
        self.partial = folder / f"{NAME}.partial"
        self.slept: list[float] = []
        self.progress: list[tuple[str, int, int | None]] = []
        self.has_md5 = False

    @property
    def published(self) -> Published:
        url = self.server.url(NAME)
        remote = Remote(url, f"{url}.md5" if self.has_md5 else None)
        return Published("set", (remote,), "ml-csv", "1 MB", "any use", "http://127.0.0.1/terms")

    def __call__(self, *answers: Answer, tries: int = 5) -> Path:
        self.server.script = list(answers)
        return download(
            self.published,
            self.folder,
            client=self.client,
            on_progress=self.on_progress,
            tries=tries,
            sleep=self.slept.append,
        )

    def on_progress(self, name: str, done: int, total: int | None) -> None:
        assert not self.target.exists(), "a half file bears the final name"
        self.progress.append((name, done, total))

    def left(self) -> list[str]:
        """Names of the files in the folder, without the lock."""
        names = (file.name for file in self.folder.glob("*"))
        return sorted(name for name in names if not name.endswith(".lock"))


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        server.bodies[NAME] = BODY
        yield server


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def fetch(server: Server, client: httpx.Client, tmp_path: Path) -> Iterator[Fetcher]:
    fetcher = Fetcher(server, client, tmp_path / "raw" / "set")
    yield fetcher
    if fetcher.target.exists():
        assert fetcher.target.read_bytes() == server.bodies[NAME]
        assert [file.name for file in fetcher.folder.iterdir()] == [NAME]


def test_a_file_arrives_bit_by_bit_and_is_not_asked_for_again(
    server: Server, fetch: Fetcher
) -> None:
    assert not is_complete(fetch.published, fetch.folder)
    assert fetch() == fetch.target
    assert is_complete(fetch.published, fetch.folder)
    assert fetch() == fetch.target
    assert len(server.requests) == 1
    assert fetch.slept == []


def test_progress_rises_to_the_announced_length(fetch: Fetcher) -> None:
    fetch(drops_after(70_000))
    done = [count for _, count, _ in fetch.progress]
    assert done == sorted(done)
    assert fetch.progress[-1] == (NAME, len(BODY), len(BODY))


def test_a_dropped_connection_is_resumed_where_it_broke(server: Server, fetch: Fetcher) -> None:
    fetch(drops_after(50_000), drops_after(60_000))
    assert server.ranges == [None, "bytes=50000-", "bytes=110000-"]
    assert all(headers["If-Range"] == '"one"' for _, headers in server.requests[1:])
    assert fetch.slept == [1, 2]


def test_a_later_call_resumes_what_an_earlier_one_left(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match="goes on where it stopped"):
        fetch(drops_after(50_000), drops_after(0), tries=2)
    assert fetch.partial.read_bytes() == BODY[:50_000]
    fetch()
    assert server.ranges[-1] == "bytes=50000-"


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server: Server, fetch: Fetcher) -> None:
    fetch(drops_after(50_000), ignores_range)
    assert len(server.requests) == 2


@pytest.mark.parametrize("shift", [-100, 100])
def test_a_part_that_begins_elsewhere_is_thrown_away(
    shift: int, server: Server, fetch: Fetcher
) -> None:
    fetch(drops_after(50_000), shifted_range(shift))
    assert server.ranges == [None, "bytes=50000-", None]


def test_a_part_that_ends_early_is_gone_on_with(server: Server, fetch: Fetcher) -> None:
    fetch(drops_after(50_000), part_of(1000))
    assert server.ranges == [None, "bytes=50000-", "bytes=51000-"]


def test_a_file_that_changed_between_tries_is_fetched_anew(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError):
        fetch(drops_after(50_000), tries=1)
    server.bodies[NAME], server.etag = OTHER, '"two"'
    fetch()
    assert fetch.target.read_bytes() == OTHER


def test_a_part_of_another_version_is_not_joined_to_ours(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError):
        fetch(drops_after(50_000), tries=1)
    server.bodies[NAME], server.etag = OTHER, '"two"'
    fetch(unconditional_range)
    assert fetch.target.read_bytes() == OTHER
    assert fetch.slept == [1], "the mixture was found only by its damage"


def test_the_day_of_change_names_the_version_where_the_etag_is_weak(
    server: Server, fetch: Fetcher
) -> None:
    server.etag, server.modified = 'W/"weak"', "Sat, 01 Feb 2020 00:00:00 GMT"
    fetch(drops_after(50_000))
    assert server.requests[1][1]["If-Range"] == server.modified


def test_bytes_of_an_unnamed_version_are_not_gone_on_with(server: Server, fetch: Fetcher) -> None:
    server.etag = None
    fetch(drops_after(50_000))
    assert server.ranges == [None, None]


def test_bytes_without_a_note_are_not_gone_on_with(server: Server, fetch: Fetcher) -> None:
    fetch.folder.mkdir(parents=True)
    fetch.partial.write_bytes(OTHER[:50_000])
    fetch()
    assert server.ranges == [None]


def test_bytes_from_another_address_are_not_gone_on_with(server: Server, fetch: Fetcher) -> None:
    fetch.folder.mkdir(parents=True)
    fetch.partial.write_bytes(OTHER[:50_000])
    note = {"url": "http://127.0.0.1/other.zip", "version": '"one"', "total": len(BODY)}
    note_of(fetch.partial).write_text(json.dumps(note))
    fetch()
    assert server.ranges == [None]


def test_a_complete_partial_file_is_placed_without_a_request(
    server: Server, fetch: Fetcher
) -> None:
    fetch.folder.mkdir(parents=True)
    fetch.partial.write_bytes(BODY)
    note = {"url": server.url(NAME), "version": '"one"', "total": len(BODY)}
    note_of(fetch.partial).write_text(json.dumps(note))
    fetch()
    assert server.requests == []


def test_a_partial_file_that_is_too_long_is_thrown_away(server: Server, fetch: Fetcher) -> None:
    fetch.folder.mkdir(parents=True)
    fetch.partial.write_bytes(BODY + b"more")
    note = {"url": server.url(NAME), "version": '"one"', "total": len(BODY)}
    note_of(fetch.partial).write_text(json.dumps(note))
    fetch()
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_the_wait_that_the_server_asks_for_is_honored(code: int, fetch: Fetcher) -> None:
    fetch(status(code, Retry_After="7"), status(code))
    assert fetch.slept == [7, 2]


def test_a_date_to_wait_for_is_measured_by_the_servers_own_clock(
    server: Server, fetch: Fetcher
) -> None:
    server.date = "Mon, 01 Jan 2001 00:00:00 GMT"
    fetch(status(503, Retry_After="Mon, 01 Jan 2001 00:01:30 GMT"))
    assert fetch.slept == [90]


def test_a_server_that_asks_for_hours_is_reported(fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match=r"asks to wait 7200 s"):
        fetch(status(429, Retry_After="7200"))
    assert fetch.slept == []


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(code: int, server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match=str(code)) as caught:
        fetch(status(code))
    assert server.url(NAME) in str(caught.value)
    assert len(server.requests) == 1
    assert not fetch.target.exists()


def test_patience_ends_after_the_tries_allowed(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match=r"in 3 tries, .*500"):
        fetch(*[status(500)] * 9, tries=3)
    assert len(server.requests) == 3
    assert fetch.slept == [1, 2]


def test_a_large_file_may_break_more_often_than_the_tries_allowed(
    server: Server, fetch: Fetcher
) -> None:
    server.bodies[NAME] = archive(3, size=5_000_000)
    fetch(*[drops_after(1_100_000)] * 4, tries=2)
    assert fetch.slept == [1, 1, 1, 1]


def test_a_server_that_never_answers_times_out(server: Server, fetch: Fetcher) -> None:
    fetch.client.timeout = httpx.Timeout(0.2)
    fetch(says_nothing)
    assert len(server.requests) == 2
    fetch.target.unlink()
    with pytest.raises(DownloadError, match="Timeout"):
        fetch(says_nothing, says_nothing, tries=2)
    assert not fetch.target.exists()


def test_a_server_that_falls_silent_times_out_and_is_resumed(
    server: Server, fetch: Fetcher
) -> None:
    fetch.client.timeout = httpx.Timeout(0.2)
    fetch(stalls_after(50_000))
    assert server.ranges == [None, "bytes=50000-"]


def test_no_server_at_all_is_said(fetch: Fetcher, tmp_path: Path) -> None:
    with running() as gone:
        remote = Remote(gone.url(NAME))
    published = Published("set", (remote,), "ml-csv", "1 MB", "any use", "")
    with pytest.raises(DownloadError, match="connection failed"):
        download(published, tmp_path, client=fetch.client, tries=2, sleep=fetch.slept.append)


PAGE = b"\n<!DOCTYPE html><html><body>Down for maintenance</body></html>"


def test_a_web_page_is_no_archive(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match="web page"):
        fetch(sends(PAGE, "text/html; charset=utf-8"))
    assert len(server.requests) == 1
    assert not fetch.target.exists()


def test_a_web_page_that_calls_itself_a_zip_is_no_archive(fetch: Fetcher) -> None:
    with pytest.raises(DownloadError, match="web page"):
        fetch(sends(PAGE), sends(PAGE))
    assert fetch.left() == []


def test_more_bytes_announced_than_sent_never_pass(server: Server, fetch: Fetcher) -> None:
    lie = sends(BODY, length=len(BODY) + 10)
    with pytest.raises(DownloadError, match="3 tries"):
        fetch(lie, status(500), status(500), tries=3)
    assert not fetch.target.exists()
    fetch()


def test_fewer_bytes_announced_than_the_file_has_never_pass(fetch: Fetcher) -> None:
    lie = sends(BODY, length=len(BODY) - 10)
    with pytest.raises(DownloadError, match="cut short or damaged"):
        fetch(lie, lie)
    assert fetch.left() == []


def test_a_cut_that_no_length_gives_away_is_found_in_the_archive(fetch: Fetcher) -> None:
    cut = of_unknown_length(BODY[:-30])
    fetch(cut)
    fetch.target.unlink()
    with pytest.raises(DownloadError, match="cut short or damaged"):
        fetch(cut, cut)
    assert fetch.left() == []


def test_a_changed_byte_is_found_in_the_archive(fetch: Fetcher) -> None:
    changed = BODY[:5000] + bytes([BODY[5000] ^ 1]) + BODY[5001:]
    with pytest.raises(DownloadError, match=r"u\.data in the archive is damaged"):
        fetch(sends(changed), sends(changed))
    assert fetch.left() == []


@pytest.mark.parametrize("form", ["{}", "{}  set.zip\n", "MD5 (set.zip) = {}\n"])
def test_the_publishers_sum_is_understood_in_its_usual_forms(
    form: str, server: Server, fetch: Fetcher
) -> None:
    fetch.has_md5 = True
    server.bodies[f"{NAME}.md5"] = form.format(hashlib.md5(BODY).hexdigest().upper()).encode()
    fetch(sends(OTHER))
    assert len(server.requests) == 3


def test_wrong_bytes_are_fetched_once_more(server: Server, fetch: Fetcher) -> None:
    fetch.has_md5 = True
    server.bodies[f"{NAME}.md5"] = hashlib.md5(BODY).hexdigest().encode()
    fetch(sends(OTHER))
    assert [name for name, _ in server.requests] == [f"{NAME}.md5", NAME, NAME]


def test_wrong_bytes_twice_are_an_error_with_both_sums(server: Server, fetch: Fetcher) -> None:
    fetch.has_md5 = True
    server.bodies[f"{NAME}.md5"] = hashlib.md5(BODY).hexdigest().encode()
    with pytest.raises(DownloadError) as caught:
        fetch(sends(OTHER), sends(OTHER))
    assert hashlib.md5(BODY).hexdigest() in str(caught.value)
    assert hashlib.md5(OTHER).hexdigest() in str(caught.value)
    assert fetch.left() == []


def test_a_publisher_without_a_sum_is_taken_at_its_word(server: Server, fetch: Fetcher) -> None:
    fetch.has_md5 = True
    fetch()
    assert [name for name, _ in server.requests] == [f"{NAME}.md5", NAME]


def test_bytes_damaged_on_disk_are_replaced(server: Server, fetch: Fetcher) -> None:
    with pytest.raises(DownloadError):
        fetch(drops_after(50_000), tries=1)
    fetch.partial.write_bytes(bytes(50_000))
    fetch()
    assert server.ranges == [None, "bytes=50000-", None]


def test_a_set_of_several_files_is_a_folder(server: Server, fetch: Fetcher) -> None:
    texts = {"a.tsv.gz": gzip.compress(b"a\tb\n" * 999), "b.tsv.gz": gzip.compress(b"")}
    server.bodies |= texts
    files = tuple(Remote(server.url(name)) for name in texts)
    published = Published("tables", files, "imdb-official", "1 MB", "any use", "")
    arguments = {"client": fetch.client, "sleep": fetch.slept.append, "tries": 2}
    server.script = [drops_after(5), sends(texts["a.tsv.gz"][:-4]), sends(texts["a.tsv.gz"][:-4])]
    with pytest.raises(DownloadError, match=r"a\.tsv\.gz .*cut short or damaged"):
        download(published, fetch.folder, **arguments)  # type: ignore[arg-type]
    assert fetch.left() == []
    assert download(published, fetch.folder, **arguments) == fetch.folder  # type: ignore[arg-type]
    assert {name: (fetch.folder / name).read_bytes() for name in fetch.left()} == texts


def test_a_folder_that_cannot_be_written_is_said(fetch: Fetcher) -> None:
    fetch.folder.parent.mkdir(parents=True)
    fetch.folder.write_text("a file in the place of the folder")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch()
    fetch.folder.unlink()


def test_two_processes_do_not_write_one_file(server: Server, fetch: Fetcher) -> None:
    fetch.folder.mkdir(parents=True)
    with (
        FileLock(fetch.folder / f".{NAME}.lock"),
        pytest.raises(DownloadError, match="another process"),
    ):
        fetch()
    assert server.requests == []
    fetch()


CHILD = """
    import sys, httpx
    from pathlib import Path
    from marquee.data.download import download
    from marquee.data.publishers import Published, Remote
    published = Published("set", (Remote(sys.argv[1]),), "ml-csv", "", "", "")
    with httpx.Client(trust_env=False, timeout=60) as client:
        download(published, Path(sys.argv[2]), client=client, sleep=print)
"""


@pytest.mark.fault
def test_a_killed_download_is_resumed(server: Server, fetch: Fetcher) -> None:
    server.script = [stalls_after(90_000)]
    command = [sys.executable, "-c", textwrap.dedent(CHILD), server.url(NAME), str(fetch.folder)]
    with subprocess.Popen(command) as child:
        try:
            deadline = time.monotonic() + 30
            while not fetch.partial.exists() or fetch.partial.stat().st_size < 90_000:
                assert child.poll() is None, "the child ended by itself"
                assert time.monotonic() < deadline, "the child wrote nothing"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert not fetch.target.exists()
    fetch()
    assert server.ranges == [None, "bytes=90000-"]


ANSWERS: list[Answer] = [
    drops_after(0), drops_after(1), drops_after(80_000), drops_after(len(BODY) - 1),
    ignores_range, shifted_range(-100), part_of(1000), sends(OTHER[:-1]), sends(PAGE),
    of_unknown_length(BODY[:999]),
    sends(BODY, length=len(BODY) + 1), sends(BODY, length=100), status(416), status(500),
    status(206), status(404), status(429, Retry_After="soon"),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_the_file_is_whole_or_absent(
    seed: int, server: Server, fetch: Fetcher
) -> None:
    rng = random.Random(seed)
    answers = rng.choices(ANSWERS, k=rng.randint(1, 6))
    try:
        fetch(*answers, tries=4)
    except DownloadError as error:
        assert server.url(NAME) in str(error)  # noqa: PT017
        assert not fetch.target.exists()
        fetch()
    assert fetch.target.read_bytes() == BODY


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=list(PUBLISHED))
def test_published_sets_name_their_reader_and_terms(published: Published) -> None:
    assert published.format in SOURCES
    assert published.license
    assert published.terms_url.startswith("https://")
    for remote in published.files:
        assert remote.url.startswith("https://")
        assert remote.name.endswith((".zip", ".gz"))
