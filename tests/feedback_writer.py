"""A process that writes events from many threads and says each id once it is acknowledged.

``python feedback_writer.py URL RUN N WHEN``: writes N ratings, ``RUN 0`` and on. WHEN is
``after`` the write, or ``before`` it, as a store that acknowledges too early would.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from feedback_kit import rate
from marquee.data.feedback import Event, FeedbackStore
from marquee.errors import FeedbackError

THREADS = 8
VIEWERS = 5


def event_of(run: str, number: int) -> Event:
    """Ratings of few viewers, so that threads meet; every tenth replaces the one before."""
    title = number - (number % 10 == 9) * VIEWERS
    return rate(number % VIEWERS, title, 0.5 + number % 10 / 2, f"{run} {number}", minutes=number)


def say(event: Event) -> None:
    # One call to the system, so that a kill cannot come between a line and its end.
    os.write(sys.stdout.fileno(), f"{event.event_id}\n".encode())


def main() -> None:
    url, run, n, when = sys.argv[1:]
    store = FeedbackStore(url)

    def work(thread: int) -> None:
        for number in range(thread, int(n), THREADS):
            event = event_of(run, number)
            if when == "before":
                say(event)
            store.write([event])
            if when == "after":
                say(event)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, thread) for thread in range(THREADS)]:
            done.result()
    store.close()


if __name__ == "__main__":
    try:
        main()
    except FeedbackError:  # the server was killed
        sys.exit(1)
