"""Who is at the browser: a signed cookie with the number of a local profile, and form tokens."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, replace

COOKIE = "marquee"
MAX_AGE_SECONDS = 400 * 24 * 3600
"""Browsers keep no cookie for longer."""


@dataclass(frozen=True)
class Session:
    """One browser: a random name of its own, and the profile that is in use there."""

    browser: str
    viewer_id: int | None = None

    @classmethod
    def new(cls) -> Session:
        """A browser that was never here."""
        return cls(secrets.token_urlsafe(12))

    def of(self, viewer_id: int | None) -> Session:
        """The same browser with another profile in use; its form tokens stay good."""
        return replace(self, viewer_id=viewer_id)


def seal(session: Session, secret: bytes) -> str:
    """The session as the value of a cookie: readable by anyone, made only by us."""
    who = "" if session.viewer_id is None else str(session.viewer_id)
    body = f"{session.browser}.{who}"
    return f"{body}.{_signature(secret, 'cookie', body)}"


def unseal(value: str | None, secret: bytes) -> Session | None:
    """The session that was sealed, None where it was not sealed with this secret."""
    parts = (value or "").split(".")
    if len(parts) != 3 or not value or not value.isascii():
        return None
    browser, who, signature = parts
    if not hmac.compare_digest(signature, _signature(secret, "cookie", f"{browser}.{who}")):
        return None
    return Session(browser, int(who) if who else None)


def form_token(session: Session, secret: bytes) -> str:
    """What a form of this browser must bring back: another site can neither read nor make it."""
    return _signature(secret, "form", session.browser)


def is_form_token(value: object, session: Session, secret: bytes) -> bool:
    """Whether the value is this browser's token, compared in constant time."""
    expected = form_token(session, secret)
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())


def _signature(secret: bytes, purpose: str, text: str) -> str:
    digest = hmac.digest(secret, f"{purpose}:{text}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()
