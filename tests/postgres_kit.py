"""A throwaway PostgreSQL server on a socket of its own, for tests that need a real one."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Self

USERS = ("postgres", "nobody")
"""Who runs the server where the tests run as root, which PostgreSQL refuses to be."""
SECONDS_TO_START = 60


def missing() -> str | None:
    """What a server cannot run for want of, in words; None where it can."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed; it is in the extra `postgres`"
    if _programs() is None:
        return "there is no PostgreSQL server on this machine: no initdb, no postgres"
    if os.geteuid() == 0 and _user() is None:
        return f"PostgreSQL does not run as root, and there is no user {' or '.join(USERS)}"
    return None


class Cluster:
    """A server over a folder that goes with it; everybody on this machine may log in.

    With ``durable`` it syncs to disk as it does by default; without, it is faster.
    """

    def __init__(self, *, durable: bool) -> None:
        self._options = {"fsync": "on" if durable else "off", "listen_addresses": ""}
        self._options |= {"max_connections": "100", "shared_buffers": "16MB"}
        # Not below pytest's folder: only its owner may enter that, and the path of a socket is
        # bounded to about a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix="marquee-pg-", dir="/tmp"))
        self._server: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        user = _user() if os.geteuid() == 0 else None
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run(
            "initdb",
            "--no-sync",
            "--no-locale",
            "--encoding=UTF8",
            "--auth=trust",
            "--username=marquee",
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://marquee@/{database}?host={self.folder}"

    def start(self) -> None:
        """Returns when the server takes connections, after a recovery where one is due."""
        options = self._options | {"unix_socket_directories": str(self.folder)}
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    *(_program("postgres"), "-D", str(self.folder / "data")),
                    *(word for name in options for word in ("-c", f"{name}={options[name]}")),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        for _ in range(SECONDS_TO_START * 20):
            if self._server.poll() is not None:
                break
            try:
                self.say("SELECT 1")
            except Exception:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait()

    def kill(self) -> None:
        """Kills the server and all its processes at once, as a crash would."""
        assert self._server is not None
        children = _children(self._server.pid)
        for pid in (self._server.pid, *children):
            os.kill(pid, signal.SIGKILL)
        self._server.wait()
        # The processes left behind are nobody's children now; they are gone when signals fail.
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            time.sleep(0.01)

    def create(self, template: str = "template0") -> str:
        """Name of a new database, a copy of the template."""
        name = f"test_{uuid.uuid4().hex}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.say(f"DROP DATABASE {name} WITH (FORCE)")

    def say(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user="marquee", dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def check(self) -> None:
        """Refuses damaged tables and indexes, where the server brings the tool that looks."""
        tool = _programs_folder() / "pg_amcheck"
        extension = subprocess.run(
            [_program("pg_config"), "--sharedir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        if tool.exists() and (Path(extension) / "extension" / "amcheck.control").exists():
            self._run_client(str(tool), "--all", "--install-missing", "--heapallindexed")

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as)

    def _run_client(self, *command: str) -> None:
        done = subprocess.run(
            [*command, "--host", str(self.folder), "--username", "marquee"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


def _programs() -> Path | None:
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return (folder / "initdb").resolve().parent
    return None


def _programs_folder() -> Path:
    folder = _programs()
    assert folder is not None
    return folder


def _program(name: str) -> str:
    return str(_programs_folder() / name)


def _user() -> pwd.struct_passwd | None:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((known[name] for name in USERS if name in known), None)
