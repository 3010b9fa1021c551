"""One question to the API at a time, at a pace, until it is answered whole."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from marquee.data.transfer import TransientError, retry_after, wait
from marquee.errors import DownloadError, ParameterError

BASE = "https://api.themoviedb.org/3"
TRIES = 5
LONGEST_S = 60.0
"""An answer that takes longer is asked for again: one that drips in would hold up all others."""
MOST_BYTES = 1 << 25
"""No answer about a title comes near this size."""

Answer = dict[str, Any]


class Asker:
    """Asks the API behind one address.

    Parameters
    ----------
    client
        What sends requests; it holds the key, and is closed by whoever made it.
    sleep, clock
        Wait so many seconds; seconds that have passed since some moment.

    Raises
    ------
    ParameterError
        If the address would carry the key over the network unencrypted, or a number is not above 0.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        per_second: float,
        base: str = BASE,
        tries: int = TRIES,
    ) -> None:
        if per_second <= 0 or tries < 1:
            raise ParameterError(
                f"per_second and tries must be above 0, got {per_second} and {tries}"
            )
        self._client, self._sleep, self._clock = client, sleep, clock
        self._base, self._gap_s, self._tries = _safe(base), 1 / per_second, tries
        self._free_at = clock()

    def ask(self, path: str, *needs: str, **params: str | int) -> Answer | None:
        """The object that answers; None where there is nothing at that path.

        ``needs`` are keys without which an answer is none and is asked for again, as it is where
        it is cut short, slow, no JSON, or says that it may work later.

        Raises
        ------
        GivenUpError
            If as many tries in a row as are allowed failed.
        DownloadError
            If TMDB refuses the key or the question, or asks for more patience than is had.
        """
        failures = 0
        while True:
            self._pace()
            try:
                return self._once(path, needs, params)
            except TransientError as error:
                failures += 1
                wait(f"{self._base}/{path}", error, failures, self._tries, self._sleep)

    def _pace(self) -> None:
        early_s = self._free_at - self._clock()
        if early_s > 0:
            self._sleep(early_s)
        self._free_at = self._clock() + self._gap_s

    def _once(
        self, path: str, needs: tuple[str, ...], params: dict[str, str | int]
    ) -> Answer | None:
        began = self._clock()
        try:
            with self._client.stream(
                "GET", f"{self._base}/{path}", params=params, follow_redirects=False
            ) as response:
                if not self._found(path, response):
                    return None
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    if len(content) > MOST_BYTES or self._clock() - began > LONGEST_S:
                        raise TransientError("the answer does not end")
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise TransientError(f"the connection failed ({type(error).__name__})") from error
        return _object(bytes(content), needs)

    def _found(self, path: str, response: httpx.Response) -> bool:
        """Whether there is an answer; raises where it is a refusal."""
        status = response.status_code
        if status in (408, 425, 429) or status >= 500:
            raise TransientError(f"the server answered {status}", retry_after(response.headers))
        if status in (401, 403):
            raise DownloadError(
                f"TMDB refuses the key ({status}); copy it anew from the API page of your "
                "account's settings"
            )
        if status not in (200, 404):
            raise DownloadError(
                f"{self._base}/{path} is refused ({status}); is that the address of TMDB's API, "
                "version 3?"
            )
        return status == 200


def _object(content: bytes, needs: tuple[str, ...]) -> Answer:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TransientError("the answer is cut short or no JSON") from error
    if not isinstance(answer, dict):
        raise TransientError("the answer is no object")
    lacking = [name for name in needs if answer.get(name) is None]
    if lacking:
        raise TransientError(f"the answer has no {', '.join(lacking)}")
    return answer


def _safe(base: str) -> str:
    """The address without a slash at its end."""
    parts = urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ParameterError(f"the address of the API must be https://HOST/3, got {base!r}")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ParameterError(f"{base} would carry the key unencrypted; use https")
    return base.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
