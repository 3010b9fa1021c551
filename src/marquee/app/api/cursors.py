"""Where a list goes on: opaque text that only this server can have made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from marquee.errors import ParameterError

SIGNATURE_BYTES = 16
LONGEST = 6_000
"""Characters of a cursor at most: 500 numbers of 53 bits, and the signature."""


class Cursors:
    """Signs and reads the positions at which lists go on.

    A cursor holds for the list it came from: the same address, the same question.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"cursor", "sha256")

    def make(self, asked: object, *numbers: int) -> str:
        """The cursor that brings those numbers back for the list that was asked for so."""
        body = b"".join(map(_written, numbers))
        return base64.urlsafe_b64encode(self._sign(asked, body) + body).decode().rstrip("=")

    def read(self, asked: object, cursor: str | None) -> tuple[int, ...]:
        """The numbers that the cursor was made of; none without one.

        Raises
        ------
        ParameterError
            If the cursor is none of ours, or of another list.
        """
        if cursor is None:
            return ()
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not body or not hmac.compare_digest(signature, self._sign(asked, body)):
            raise ParameterError(
                "the cursor does not belong to this list; take `next` of the page before, with "
                "the same question, or start without one"
            )
        return _read(body)

    def _sign(self, asked: object, body: bytes) -> bytes:
        question = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).digest()
        return hmac.digest(self._key, body + question, "sha256")[:SIGNATURE_BYTES]


def _written(number: int) -> bytes:
    """The number in as many bytes of seven bits as it needs, the lowest first (LEB128)."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _read(body: bytes) -> tuple[int, ...]:
    numbers, number, shift = [], 0, 0
    for byte in body:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number, shift = 0, 0
    return tuple(numbers)
