"""The ``marquee`` command: one module per group of commands, nothing heavy at import."""

from __future__ import annotations

import sys

from marquee.errors import MarqueeError


def main() -> None:
    """Runs the command line.

    An error of ours is one sentence and exit status 1; wrong usage is status 2, an interrupt 130.
    """
    from marquee.app.cli.commands import app

    try:
        app()
    except MarqueeError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(130) from None
