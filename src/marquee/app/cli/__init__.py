"""The ``marquee`` command: one module per group of commands, nothing heavy at import."""

from __future__ import annotations

import errno
import sys

from marquee.errors import MarqueeError

REFUSALS = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        *(errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.ENOTDIR),
    }
)
"""What the machine says no to; other system errors are mistakes of ours and show where."""


def main() -> None:
    """Runs the command line.

    An error of ours is one sentence and exit status 1, as is what the machine refuses, such as a
    full disk or a folder of somebody else; wrong usage is status 2, an interrupt 130.
    """
    try:
        from marquee.app.cli.commands import app

        app()
    except MarqueeError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        where = f": {error.filename}" if error.filename else ""
        sys.stderr.write(f"error: {error.strerror}{where}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(130) from None
