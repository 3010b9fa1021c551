"""The engine that answers, and who exchanges it when another model is put in force."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from marquee.errors import MarqueeError

if TYPE_CHECKING:
    from marquee.data.workspace import Workspace
    from marquee.service.engine import Engine

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How long a promotion may go unnoticed."""
RETRY_SECONDS = 60.0
"""After which a model that could not be opened is tried again."""

_OWN: ContextVar[Engine | None] = ContextVar("engine", default=None)
"""The engine of the request under way."""


class Live:
    """Holds the engine that answers; a request keeps the one that it began with.

    So no answer mixes two models, and those under way are finished by the model that began them.
    """

    def __init__(self, engine: Engine) -> None:
        self._newest = engine

    @property
    def engine(self) -> Engine:
        """That of the request under way, and outside of any the newest."""
        own = _OWN.get()
        return self._newest if own is None else own

    def replace(self, engine: Engine) -> None:
        """Lets the engine answer every request that comes from now on."""
        self._newest = engine

    @contextmanager
    def one_request(self) -> Iterator[None]:
        """Whatever is asked within is answered by one engine."""
        before = _OWN.set(self._newest)
        try:
            yield
        finally:
            _OWN.reset(before)


class Follower:
    """Looks every few seconds whether another model answers, opens it and hands it over.

    A model that cannot be opened leaves the one that answers; it is told in the log, and tried
    again after a while. Between, both are in memory.
    """

    def __init__(
        self,
        workspace: Workspace,
        live: Live,
        open_engine: Callable[[], Engine],
        *,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        from marquee.lifecycle.experiments import state

        self._workspace, self._live, self._open = workspace, live, open_engine
        self._seconds = seconds
        self._state = state(workspace)
        self._failed: tuple[str, float] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="marquee-follower", daemon=True)

    def look(self) -> bool:
        """Hands over another engine if another model answers by now; whether it did."""
        from marquee.lifecycle.experiments import state

        found = ""
        try:
            found = state(self._workspace)
            if found == self._state or self._waits(found):
                return False
            engine = self._open()
            engine.warm_up()
        except (MarqueeError, OSError) as error:
            if not self._waits(found):
                log.warning("what was put in force cannot be opened, so the old goes on: %s", error)
                self._failed = (found, time.monotonic())
            return False
        self._live.replace(engine)
        self._state, self._failed = found, None
        # Looking through the new catalog for garbage would hold up answers, now and ever again.
        gc.freeze()
        log.info("%s answers now", engine.source)
        return True

    def _waits(self, found: str) -> bool:
        failed = self._failed
        return (
            failed is not None
            and failed[0] == found
            and time.monotonic() - failed[1] < RETRY_SECONDS
        )

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follows, in a thread of its own, as long as the block lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except Exception:
                # Whatever is wrong with a new model, the old one has to go on answering.
                log.exception("looking for another model failed")
