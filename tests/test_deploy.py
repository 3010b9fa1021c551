"""What lies in deploy/ and the Dockerfile, held to rules, since no container runs in the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "Dockerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"
NGINX = ROOT / "deploy" / "marquee.conf.template"
GUIDE = ROOT / "docs" / "guide" / "deploy.md"

SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image"),
    *("networks", "ports", "read_only", "restart", "security_opt", "tmpfs", "volumes"),
}
"""Of the Compose specification, those that are used here: a misspelled key is none of them."""


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction of a Dockerfile with its arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[1]) for line in lines]


def faults(text: str) -> list[str]:
    """What Hadolint and good sense would say against a Dockerfile."""
    told = instructions(text)
    found = []
    stages = [argument.split()[0] for name, argument in told if name == "FROM"]
    for image in stages:
        tag = image.partition("@")[0].rpartition(":")[2]
        if "@" not in image and (tag == image or tag == "latest"):
            found.append(f"DL3006/DL3007: {image} has no tag that stays")
    for name, argument in told:
        if name == "ADD":
            found.append("DL3020: COPY in place of ADD")
        if name == "MAINTAINER":
            found.append("DL4000: MAINTAINER is no more")
        if name == "WORKDIR" and not argument.startswith("/"):
            found.append("DL3000: WORKDIR is no whole path")
        if name in ("CMD", "ENTRYPOINT") and not argument.startswith("["):
            found.append(f"DL3025: {name} without brackets runs a shell that keeps signals")
        if name == "RUN":
            if re.search(r"\bsudo\b", argument):
                found.append("DL3004: sudo")
            if re.search(r"\bcd\s", argument):
                found.append("DL3003: WORKDIR in place of cd")
            if "apt-get install" in argument and "--no-install-recommends" not in argument:
                found.append("DL3015: apt-get without --no-install-recommends")
            if "apt-get" in argument and "rm -rf /var/lib/apt/lists" not in argument:
                found.append("DL3009: lists of apt stay in the layer")
            if re.search(r"\bpip\S* install", argument):
                if "--no-cache-dir" not in argument:
                    found.append("DL3042: pip keeps its cache in the layer")
                if "-c constraints.txt" not in argument:
                    found.append("DL3013: pip without pins")
        if name in ("ENV", "ARG") and re.search(r"(?i)(password|secret|token|_key)\w*=", argument):
            found.append("a secret in the image")
    last = [index for index, (name, _) in enumerate(told) if name == "FROM"][-1]
    final = told[last:]
    users = [argument for name, argument in final if name == "USER"]
    if not users or users[-1].partition(":")[0] in ("root", "0"):
        found.append("DL3002: the last user is root")
    elif not users[-1].isdecimal():
        found.append("a user by name cannot be checked not to be root; give the number")
    if len(stages) < 2:
        found.append("one stage alone: what builds goes along")
    if [name for name, _ in final].count("HEALTHCHECK") != 1:
        found.append("DL3012: not one HEALTHCHECK")
    if [name for name, _ in final].count("CMD") != 1:
        found.append("DL4003: not one CMD")
    return found


def test_the_image_keeps_the_rules() -> None:
    assert faults(DOCKERFILE.read_text()) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("FROM python:3.11.14-slim-bookworm\n", "FROM python\n", "DL3006"),
        ("USER 10001", "USER root", "DL3002"),
        ("USER 10001", "USER marquee", "by name"),
        ("--no-cache-dir ", "", "DL3042"),
        ("-c constraints.txt ", "", "DL3013"),
        ("COPY src", "ADD src", "DL3020"),
        ("HEALTHCHECK", "LABEL x=y\n#", "DL3012"),
        ('CMD ["serve", "--host"', 'CMD marquee serve ["--host"', "DL3025"),
        ("ENV PATH", "ENV POSTGRES_PASSWORD=x PATH", "secret"),
    ],
)
def test_each_rule_finds_its_fault(old: str, new: str, rule: str) -> None:
    text = DOCKERFILE.read_text()
    assert old in text
    assert any(rule in fault for fault in faults(text.replace(old, new)))


def test_what_is_copied_exists_and_the_health_check_asks_an_open_address() -> None:
    from marquee.app.api.guard import OPEN

    text = DOCKERFILE.read_text()
    ignored = (ROOT / ".dockerignore").read_text()
    for name, argument in instructions(text):
        if name == "COPY" and not argument.startswith("--from"):
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source.removeprefix('./')}" in ignored
    [health] = [argument for name, argument in instructions(text) if name == "HEALTHCHECK"]
    assert any(f"127.0.0.1:8000{address}" in health for address in OPEN)


def compose() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found


def test_the_compose_file_names_what_it_uses() -> None:
    told = compose()
    assert told.keys() == {"name", "services", "networks", "volumes"}
    services = told["services"]
    for name, service in services.items():
        assert service.keys() <= SERVICE_KEYS, name
        assert not service["image"].endswith(":latest")
        assert ":" in service["image"]
        assert service["restart"] == "unless-stopped"
        assert "no-new-privileges:true" in service["security_opt"]
        assert set(service["networks"]) <= told["networks"].keys()
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            healthy = "healthcheck" in services[needed] or "build" in services[needed]
            assert healthy, f"{needed} has no health to wait for"
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in told["volumes"], volume


def test_only_the_proxy_is_reached_from_outside_and_what_runs_our_code_writes_nothing() -> None:
    told = compose()
    assert {name for name, each in told["services"].items() if "ports" in each} == {"proxy"}
    assert told["networks"]["inside"] == {"internal": True}
    for name in ("marquee", "proxy"):
        assert told["services"][name]["read_only"] is True
    assert told["services"]["marquee"]["cap_drop"] == ["ALL"]
    for line in COMPOSE.read_text().splitlines():
        if "PASSWORD" in line:
            assert "${POSTGRES_PASSWORD" in line, "no secret in the file"


def test_the_server_is_started_with_options_that_it_has() -> None:
    from typer.main import get_command

    from marquee.app.cli.commands import app

    serve: Any = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    known = {option for each in serve.params for option in each.opts}
    command, *options = compose()["services"]["marquee"]["command"]
    assert command == "serve"
    for option in options:
        assert option.partition("=")[0] in known


def test_the_proxy_speaks_tls_and_lets_the_studio_talk() -> None:
    text = re.sub(r"(?m)#.*$", "", NGINX.read_text())
    assert text.count("{") == text.count("}")
    bare = re.sub(r"\$\{\w+\}", "x", text)
    for line in filter(None, map(str.strip, bare.splitlines())):
        assert line.endswith((";", "{", "}")), line
    assert "proxy_set_header Upgrade           $http_upgrade;" in text
    assert "TLSv1.1" not in text
    assert "return 301 https://" in text
    studio = text[text.index("location /studio") :].partition("}")[0]
    assert "auth_basic_user_file" in studio
    mounted = [volume.split(":")[1] for volume in compose()["services"]["proxy"]["volumes"]]
    for used in re.findall(r"/etc/nginx/(?:tls|analysts)\S*(?=;)", text):
        assert any(used.startswith(place) for place in mounted), used


def test_nginx_reads_the_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    openssl = shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx and openssl are not installed here")
    tls = tmp_path / "tls"
    tls.mkdir()
    subprocess.run(
        [
            *(
                openssl,
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=films.example",
            ),
            *("-keyout", str(tls / "privkey.pem"), "-out", str(tls / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "analysts.htpasswd").touch()
    text = NGINX.read_text().replace("${MARQUEE_NAME}", "films.example")
    text = text.replace("/etc/nginx/", f"{tmp_path}/").replace("marquee:8000", "127.0.0.1:8000")
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    told = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(whole)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_the_guide_names_every_file_and_says_what_was_not_run() -> None:
    text = GUIDE.read_text()
    for name in ("Dockerfile", *(path.name for path in (ROOT / "deploy").iterdir())):
        assert name in text, name
    assert "No container was built or run here" in text
