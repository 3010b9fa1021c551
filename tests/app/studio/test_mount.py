"""The studio beside the viewers' app: one address, one database, and nothing for strangers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from marquee.app.server import ServerSettings, create_app
from marquee.app.settings import Settings
from marquee.app.studio import mount, opened
from marquee.data.workspace import Workspace
from marquee.service.engine import Engine

OURS = {"host": "127.0.0.1", "origin": "http://127.0.0.1"}
"""What the browser says that looks at our own page."""
SOCKET = "/studio/_stcore/stream"


@pytest.fixture(scope="module")
def client(world_home: Path) -> Iterator[TestClient]:
    """A server with pages and the studio."""
    engine = Engine(Workspace(world_home))
    app = create_app(engine, ServerSettings(studio=Settings(home=world_home, data=None)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client
    opened.forget()


@pytest.mark.slow
def test_the_studio_answers_below_its_address_and_the_pages_at_theirs(client: TestClient) -> None:
    assert client.get("/studio", follow_redirects=False).headers["location"] == "/studio/"
    page = client.get("/studio/")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "https:" not in page.headers["content-security-policy"]
    assert client.get("/studio/_stcore/health").status_code == 200
    assert "unsafe" not in client.get("/").headers["content-security-policy"]


@pytest.mark.slow
def test_the_engine_of_the_server_answers_in_the_studio(client: TestClient) -> None:
    del client
    assert opened.engine().library.model_name == "ease-content"
    assert opened.store() is None
    assert not opened.place().alone


@pytest.mark.slow
def test_options_that_were_read_before_do_not_hide_the_file_beside_the_script(
    tmp_path: Path,
) -> None:
    program = """
from pathlib import Path
from fastapi import FastAPI
from streamlit.config import get_option
from marquee.app.settings import Settings
from marquee.app.studio.mount import mount
assert get_option("browser.gatherUsageStats")
mount(FastAPI(), Settings(home=Path(), data=None), engine=None)
print(get_option("browser.gatherUsageStats"), get_option("theme.light.primaryColor"))
"""
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout == "False #8e2a1e\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        OURS | {"origin": "http://evil.example"},
        OURS | {"origin": "null"},
        OURS | {"host": "evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ],
)
def test_a_page_of_another_site_gets_no_socket(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(SOCKET, headers=headers),
    ):
        pass
    assert refused.value.code == 1008


@pytest.mark.slow
def test_our_own_page_gets_one(client: TestClient) -> None:
    with client.websocket_connect(SOCKET, headers=OURS):
        pass


def test_where_streamlit_is_missing_the_address_says_how_to_get_it(
    world_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mount, "installed", lambda: False)
    engine = Engine(Workspace(world_home))
    app = create_app(engine, ServerSettings(studio=Settings(home=world_home, data=None)))
    answer = TestClient(app, base_url="http://127.0.0.1").get("/studio/forecast?budget=3")
    assert answer.status_code == 503
    assert mount.INSTALL in answer.text


@pytest.mark.slow
def test_a_server_with_the_studio_starts_without_a_word_of_streamlit() -> None:
    code = (
        "from pathlib import Path; from fastapi import FastAPI; "
        "from marquee.app.settings import Settings; from marquee.app.studio.mount import mount; "
        "mount(FastAPI(), Settings(home=Path('none'), data=None), lambda: None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
