"""``marquee serve`` and ``marquee studio``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from marquee.app.settings import Settings


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs a key.")
    ] = "127.0.0.1",
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A fitted model; default the last.", show_default=False),
    ] = None,
    feedback: Annotated[
        str | None,
        typer.Option(
            help="URL of the feedback database; default MARQUEE_FEEDBACK, else one in the "
            "workspace.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second for each key or address; 0: no limit.")
    ] = 50,
    pages: Annotated[
        bool | None,
        typer.Option(
            help="Serve viewers' pages, which know no keys; default only to this machine.",
            show_default=False,
        ),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(help="A name under which the server may be asked; repeatable."),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            help="Where a proxy in front of the server is reached, https://films.example: cookies "
            "are then for TLS alone, and its X-Forwarded-Proto is believed; default "
            "MARQUEE_PUBLIC_URL.",
            show_default=False,
        ),
    ] = None,
    studio: Annotated[
        bool | None,
        typer.Option(
            help="Serve the analysts' studio below /studio, which shows what any viewer gets and "
            "knows no keys; default where pages are, and only to this machine.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the workspace's recommendations as pages and as JSON, to this machine only.

    Other machines may ask where there is an API key: `marquee keys add`, then `--host`.
    """
    serve_workspace(
        context.obj,
        port,
        host=host,
        model=model,
        feedback=feedback,
        rate=rate,
        pages=pages,
        host_names=host_name or (),
        public_url=public_url,
        with_studio=studio,
    )


def serve_workspace(
    settings: Settings,
    port: int,
    *,
    host: str = "127.0.0.1",
    model: str | None = None,
    feedback: str | None = None,
    rate: float = 50,
    pages: bool | None = None,
    host_names: Iterable[str] = (),
    public_url: str | None = None,
    with_studio: bool | None = None,
    greet: Callable[[str], None] = lambda _address: note("Stop with Ctrl-C."),
) -> None:
    """Serves until it is told to stop; ``greet`` is told the address once somebody can ask there.

    Raises
    ------
    MarqueeError
        If the address cannot be used.
    """
    from contextlib import nullcontext
    from dataclasses import replace

    from marquee.app.api.keys import KEY_FILE, KeyFile
    from marquee.app.api.private import read_secret
    from marquee.app.cli.stores import feedback_store
    from marquee.app.listening import Listening, PublicUrl, listen, run
    from marquee.app.live import Follower, Live
    from marquee.app.server import ServerSettings, create_app
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.fitting import current_model
    from marquee.service.engine import Engine
    from marquee.service.trial import open_engine

    outside = public_url or settings.public_url
    public = PublicUrl(outside) if outside else None
    keys = KeyFile(settings.home / KEY_FILE)
    place = Listening(host, port, n_keys=len(keys.listed()))
    workspace = Workspace(settings.home)
    current_model(workspace)  # says what is missing before a database is made
    stored = replace(settings, feedback=feedback or settings.feedback)
    with listen(place) as listener, feedback_store(stored, make=True) as said:

        def opened() -> Engine:
            if model is not None:
                return Engine(workspace, model, feedback=said)
            return open_engine(workspace, feedback=said)

        engine = opened()
        engine.warm_up()
        live = Live(engine)
        # A model that was named stays; else whatever is promoted answers from then on.
        follower = Follower(workspace, live, opened) if model is None else None
        # Whoever comes through a proxy is somebody else, though the proxy is on this machine.
        private = place.is_local and public is None
        shows_pages = place.is_local if pages is None else pages
        shows_studio = private and shows_pages if with_studio is None else with_studio
        served = ServerSettings(
            secret=read_secret(settings.home / "secret"),
            keys=keys,
            keys_required=place.keys_required,
            hosts=place.hosts(host_names),
            public_url=public,
            requests_per_second=rate or None,
            burst=max(2 * int(rate), 1),
            pages=shows_pages,
            studio=stored if shows_studio else None,
            monitored=workspace,
        )
        app = create_app(live, served)
        note(f"Serving {settings.home} on {place.url(listener)} {place.audience}")
        greet(place.url(listener))
        with follower.following() if follower else nullcontext():
            run(app, listener)


def studio(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8501,
) -> None:
    """Open the analysts' studio of the workspace alone; `serve` has it below /studio."""
    import subprocess
    import sys
    from pathlib import Path

    from marquee.app.studio.mount import INSTALL, installed
    from marquee.errors import MarqueeError

    if not installed():
        raise MarqueeError(f"the studio needs Streamlit; run: {INSTALL}")
    settings: Settings = context.obj
    script = Path(__file__).parent.parent / "studio" / "script.py"
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    note(f"Opening the studio of {settings.home} on http://127.0.0.1:{port}; stop with Ctrl-C.")
    done = subprocess.run([*command, "--", str(settings.home)], check=False)
    raise typer.Exit(done.returncode)
