"""An export becomes ratings of one's own, and what does not match is named."""

from __future__ import annotations

import io
import zipfile

import pytest
from httpx2 import Response

from app.web.conftest import Browser

HEAD = "Date,Name,Year,Letterboxd URI,Rating"


def bring(
    browser: Browser, body: bytes, name: str = "ratings.csv", kind: str = "letterboxd"
) -> Response:
    files = {"file": (name, body)}
    return browser.client.post(
        "/import", data={"token": browser.token(), "format": kind}, files=files
    )


def export(browser: Browser) -> tuple[bytes, dict[int, float]]:
    """Two films that are here, and one that is not."""
    films = [pick.title for pick in browser.engine.popular(40).picks if pick.title.kind == "film"]
    lines = [HEAD]
    for place, (film, stars) in enumerate(zip(films, (4.5, 2), strict=False)):
        lines.append(f'2024-01-0{place + 1},"{film.name}",{film.year},https://x/{place},{stars}')
    lines.append('2024-01-05,"Nowhere <b>to</b> Be Seen",1931,https://x/9,5')
    return "\n".join(lines).encode(), {films[0].title_id: 4.5, films[1].title_id: 2.0}


def test_ratings_of_titles_that_are_here_become_ones_own(browser: Browser) -> None:
    body, expected = export(browser)
    page = bring(browser, body)
    assert page.status_code == 200
    assert dict(browser.store.profile(browser.viewer).ratings) == expected
    assert "2 ratings are yours now" in page.text
    assert "Nowhere &lt;b&gt;to&lt;/b&gt; Be Seen (1931)" in page.text
    assert not set(expected) & set(browser.titles())


def test_bringing_it_again_says_nothing_twice(browser: Browser) -> None:
    body, expected = export(browser)
    bring(browser, body)
    page = bring(browser, body)
    assert "0 new" in page.text
    assert len(browser.store.history(browser.viewer)) == len(expected)


def test_a_whole_zip_is_taken(browser: Browser) -> None:
    body, expected = export(browser)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letterboxd-me/ratings.csv", body)
    bring(browser, packed.getvalue(), "../../export.zip")
    assert dict(browser.store.profile(browser.viewer).ratings) == expected


@pytest.mark.parametrize("body", [b"\x00\xff\xfe", b"a,b\n1,2\n", b"PK\x03\x04broken"])
@pytest.mark.parametrize("kind", ["letterboxd", "imdb-export", "trakt", "movielens-export"])
def test_what_cannot_be_read_is_explained_without_our_paths(
    browser: Browser, body: bytes, kind: str
) -> None:
    page = bring(browser, body, "x.zip" if body.startswith(b"PK") else "x.csv", kind)
    assert page.status_code == 422
    assert 'class="problem"' in page.text
    assert "/tmp" not in page.text
    assert browser.store.viewers() == ()


def test_no_file_another_format_and_too_large_a_file_are_refused(browser: Browser) -> None:
    assert bring(browser, b"").status_code == 422
    assert bring(browser, b"x", kind="movielens-1m").status_code == 422
    assert bring(browser, b"x" * (11 * 2**20)).status_code == 413
    assert browser.store.viewers() == ()
