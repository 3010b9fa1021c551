"""The key of the API, kept out of every log and error."""

from __future__ import annotations

import re

import httpx

from marquee.errors import ParameterError


class Keyed(httpx.BaseTransport):
    """Adds the key to each request on its way out.

    Clients log addresses and put them into errors; this stands below them, so that what they know
    is an address without the key. A read access token travels in a header; an API key, which
    version 3 takes in the address alone, in the query.

    Raises
    ------
    ParameterError
        If the key is neither; the text does not tell it.
    """

    def __init__(self, key: str, inner: httpx.BaseTransport | None = None) -> None:
        self._key = key.strip()
        if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{8,2000}", self._key):
            raise ParameterError(
                "the key for TMDB is neither an API key nor a read access token; copy one from "
                "the API page of your account's settings"
            )
        self._is_token = "." in self._key
        self._inner = inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The server's answer to the request with the key."""
        url, headers = request.url, request.headers.copy()
        if self._is_token:
            headers["Authorization"] = f"Bearer {self._key}"
        else:
            url = url.copy_set_param("api_key", self._key)
        keyed = httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return self._inner.handle_request(keyed)

    def close(self) -> None:
        """Closes the connections."""
        self._inner.close()
