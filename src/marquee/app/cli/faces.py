"""``marquee serve`` and ``marquee studio``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import note

if TYPE_CHECKING:
    from marquee.app.settings import Settings


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1.")] = 8000,
) -> None:
    """Serve the workspace's recommendations as pages and as JSON, to this machine only."""
    import socket
    from contextlib import suppress

    import uvicorn

    from marquee.app.api import create_app
    from marquee.data.workspace import Workspace
    from marquee.errors import MarqueeError
    from marquee.service.engine import Engine

    settings: Settings = context.obj
    app = create_app(Engine(Workspace(settings.home)))
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise MarqueeError(
            f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); name another with --port"
        ) from error
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    note(f"Serving {settings.home} on {url} to this machine; stop with Ctrl-C")
    with listener, suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def studio(context: typer.Context) -> None:
    """Open the analysts' view of the workspace in a browser."""
    import subprocess
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    from marquee.errors import MarqueeError

    if find_spec("streamlit") is None or find_spec("altair") is None:
        raise MarqueeError("the studio needs Streamlit; run: pip install 'marquee[studio]'")
    settings: Settings = context.obj
    page = Path(__file__).parent.parent / "studio" / "page.py"
    command = [sys.executable, "-m", "streamlit", "run", str(page)]
    options = [
        "--server.address=127.0.0.1",
        "--browser.gatherUsageStats=false",
        "--client.toolbarMode=minimal",
    ]
    done = subprocess.run([*command, *options, "--", str(settings.home)], check=False)
    raise typer.Exit(done.returncode)
