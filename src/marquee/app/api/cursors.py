"""Where a list goes on: opaque text that only this server can have made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from marquee.errors import ParameterError

SIGNATURE_BYTES = 16
LONGEST = 200
"""Characters of a cursor at most."""


class Cursors:
    """Signs and reads the positions at which lists go on.

    A cursor holds for the list it came from: the same address, the same question.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"cursor", "sha256")

    def make(self, asked: object, position: int) -> str:
        """The cursor of a position in the list that was asked for so."""
        body = position.to_bytes(8, "big")
        return base64.urlsafe_b64encode(body + self._sign(asked, body)).decode().rstrip("=")

    def read(self, asked: object, cursor: str | None, first: int = 0) -> int:
        """The position that the cursor stands for; ``first`` without one.

        Raises
        ------
        ParameterError
            If the cursor is none of ours, or of another list.
        """
        if cursor is None:
            return first
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        body, signature = raw[:8], raw[8:]
        if len(body) < 8 or not hmac.compare_digest(signature, self._sign(asked, body)):
            raise ParameterError(
                "the cursor does not belong to this list; take `next` of the page before, with "
                "the same question, or start without one"
            )
        return int.from_bytes(body, "big")

    def _sign(self, asked: object, body: bytes) -> bytes:
        question = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).digest()
        return hmac.digest(self._key, body + question, "sha256")[:SIGNATURE_BYTES]
