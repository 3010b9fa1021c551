"""Keys are made, listed and revoked from the command line; without one nobody else is served."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marquee.app.api.keys import KeyFile
from marquee.app.listening import Listening, listen
from marquee.errors import MarqueeError, ParameterError

Run = Callable[..., Any]
"""The fixture ``run`` of the command line's tests."""


def test_a_key_is_told_once_and_listed_without_its_token(run: Run, tmp_path: Path) -> None:
    made = run("--home", tmp_path, "keys", "add", "player", "--scope", "feedback")
    assert made.code == 0
    [token] = made.out.split()
    assert "not shown again" in made.err
    holder = KeyFile(tmp_path / "keys.json").holder(token)
    assert holder is not None
    assert holder.scope == "feedback"
    listed = run("--home", tmp_path, "keys", "list", "--json")
    assert [(key["name"], key["scope"]) for key in listed.answer] == [("player", "feedback")]
    assert token not in listed.out
    as_json = run("--home", tmp_path, "keys", "add", "other", "--json").answer
    assert as_json["scope"] == "read"
    assert KeyFile(tmp_path / "keys.json").holder(as_json["key"]) is not None


def test_a_revoked_key_is_gone_and_its_name_free(run: Run, tmp_path: Path) -> None:
    token = run("--home", tmp_path, "keys", "add", "a").out.strip()
    assert run("--home", tmp_path, "keys", "revoke", "a").code == 0
    assert KeyFile(tmp_path / "keys.json").holder(token) is None
    assert run("--home", tmp_path, "keys", "add", "a").out.strip() != token


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "a"), "there is a key 'a' already"),
        (("add", "b", "--scope", "root"), "there is no scope 'root'; there are read, feedback"),
        (("add", "b c"), "a key's name is 1 to 64 letters"),
        (("revoke", "b"), "there is no key 'b'; there are a"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    run("--home", tmp_path, "keys", "add", "a")
    done = run("--home", tmp_path, "keys", *arguments)
    assert done.code == 1
    assert sentence in done.err
    assert len(json.loads((tmp_path / "keys.json").read_text())["keys"]) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "films.example"])
def test_without_a_key_nobody_else_is_served(run: Run, tmp_path: Path, host: str) -> None:
    done = run("--home", tmp_path, "serve", "--host", host)
    assert done.code == 1
    assert "without an API key only this machine is answered" in done.err
    assert "marquee keys add" in done.err
    with pytest.raises(ParameterError):
        Listening(host, 8000, n_keys=0)
    with_key = Listening(host, 8000, n_keys=1)
    assert with_key.keys_required
    assert not with_key.is_local
    assert with_key.hosts() is None
    assert with_key.hosts(["Films.example"]) == {
        *("films.example", "127.0.0.1", "localhost", "::1"),
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
def test_this_machine_is_served_without_a_key_under_its_own_names(host: str) -> None:
    place = Listening(host, 8000, n_keys=0)
    assert place.is_local
    assert not place.keys_required
    assert "this machine only" in place.audience
    assert place.hosts() == {"127.0.0.1", "localhost", "::1", host}


def test_a_port_in_use_is_told_with_the_way_out() -> None:
    with listen(Listening("127.0.0.1", 0, n_keys=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MarqueeError, match="--port"):
            listen(Listening("127.0.0.1", port, n_keys=0))


def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """What asyncio asks of a socket before it turns Nagle's algorithm off."""
    with listen(Listening("127.0.0.1", 0, n_keys=0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP
