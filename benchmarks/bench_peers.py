"""The known libraries beside Marquee: the same split files, our metrics, CPU time and memory.

Run as ``make bench-peers``, or ``python benchmarks/bench_peers.py [--only NAME ...] [--peers NAME
...] [--out FOLDER]`` with ``MARQUEE_DATA`` set. Every peer gets a virtual environment of its own
under the folder, with the versions that ``adapters/PEER.txt`` pins. Splits are written as files
(``splits/``) without any test rating; an adapter (``adapters/with_PEER.py``) reads them, learns,
and leaves predictions or lists, which are scored here. One run after another, on one thread, each
stopped after ``--limit`` seconds. Where a line has several sets of parameters the best on
validation data inside the training part is taken to the test. What was measured is kept until the
split, the parameters, the adapter or the pins change. A peer that cannot be installed, or a run
that fails, is a line with the reason. The table is printed and written as ``peers.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import marquee
from accuracy_store import code_hash
from adapters.with_marquee import make_model
from marquee.evaluation.splits import Split
from peer_rows import ENTRIES, PACKAGES, Entry, Params
from peer_splits import QUESTIONS, Question, scored, test_splits, validation_split, write_split

HERE = Path(__file__).resolve().parent
OURS = "marquee"
INSTALL_SECONDS = 1_800


class PeerError(Exception):
    """A peer could not be installed or did not answer; the text is the reason."""


class Line(NamedTuple):
    """What became of an entry."""

    entry: Entry
    params: Params
    metrics: dict[str, float]
    """Mean over the splits; empty where it failed."""
    fit_s: float
    """CPU seconds to learn from one split's training part, the mean."""
    peak_mb: float
    """The most memory of a run."""
    reason: str


def main() -> int:
    """Measures what was asked for; 1 if nothing could be."""
    options = _options()
    parts = []
    for question in QUESTIONS:
        if options.only and question.name not in options.only:
            continue
        lines = []
        for entry in ENTRIES[question.name]:
            if options.peers and entry.peer not in options.peers:
                continue
            lines.append(measured(question, entry, options.out, options.limit))
            last = lines[-1]
            said = last.reason or "  ".join(f"{n} {v:.4f}" for n, v in last.metrics.items())
            name = f"{question.name} {entry.peer} {entry.model}"
            print(f"{name}: {said}", file=sys.stderr, flush=True)
        parts.append(table(question, lines))
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "peers.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print("\n\n".join(parts))
    return 0 if parts else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [question.name for question in QUESTIONS]
    parser.add_argument("--only", nargs="+", choices=names, help="questions; default all")
    parser.add_argument("--peers", nargs="+", choices=PACKAGES, help="libraries; default all")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a run ends")
    parser.add_argument("--out", type=Path, default=Path(".marquee/peers"))
    return parser.parse_args()


def measured(question: Question, entry: Entry, out: Path, limit: float) -> Line:
    """The line of one entry, from what is kept or measured now."""
    params = entry.variants[0]
    try:
        if len(entry.variants) > 1:
            split = validation_split(question)
            figures = [
                _run(question, split, entry, given, out, limit)["metrics"]
                for given in entry.variants
            ]
            params = entry.variants[int(np.argmax([next(iter(f.values())) for f in figures]))]
        runs = [_run(question, split, entry, params, out, limit) for split in test_splits(question)]
    except PeerError as failure:
        return Line(entry, params, {}, float("nan"), float("nan"), str(failure))
    return Line(
        entry,
        params,
        {name: float(np.mean([r["metrics"][name] for r in runs])) for name in runs[0]["metrics"]},
        float(np.mean([r["cpu_s"]["fit"] for r in runs])),
        max(r["peak_mb"] for r in runs),
        "",
    )


def _run(
    question: Question, split: Split, entry: Entry, params: Params, out: Path, limit: float
) -> dict[str, Any]:
    """Metrics and costs of one run of an adapter, found again where nothing has changed.

    Raises
    ------
    PeerError
        If the peer cannot be installed, the run ends in an error or is not done in time, or its
        answer is none.
    """
    kept = out / "results" / f"{_key(split, entry, params)}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    python = _python(entry.peer, out)
    folder = write_split(split, question, out / "splits")
    answer = out / "answers" / kept.stem
    script = str(HERE / "adapters" / f"with_{entry.peer}.py")
    command = [python, script, str(folder), str(answer), entry.model, json.dumps(params)]
    try:
        _call(command, limit)
        told: dict[str, Any] = json.loads((answer / "cost.json").read_text(encoding="utf-8"))
        told["metrics"] = scored(split, question, answer)
    except ValueError as error:
        raise PeerError(str(error)) from error
    finally:
        shutil.rmtree(answer, ignore_errors=True)
    told |= {"peer": entry.peer, "model": entry.model, "params": params, "split": split.name}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


def _key(split: Split, entry: Entry, params: Params) -> str:
    digest = hashlib.sha256(split.fingerprint.encode())
    for name in ("common.py", f"with_{entry.peer}.py", f"{entry.peer}.txt"):
        path = HERE / "adapters" / name
        if path.exists():
            digest.update(path.read_bytes())
    if entry.peer == OURS:
        digest.update(code_hash(make_model(entry.model)).encode())
    digest.update(json.dumps([entry.model, params], sort_keys=True).encode())
    return digest.hexdigest()[:20]


def _python(peer: str, out: Path) -> str:
    """The interpreter of the peer's environment, which is made where it is not there.

    Raises
    ------
    PeerError
        If it cannot be made; a second attempt is not made while the pins are the same.
    """
    if peer == OURS:
        return sys.executable
    pins = HERE / "adapters" / f"{peer}.txt"
    stamp = hashlib.sha256(pins.read_bytes()).hexdigest()[:8]
    folder = out / "venvs" / f"{peer}-{stamp}"
    python, ready, failed = folder / "bin" / "python", folder / "ready", folder / "failed"
    if failed.exists():
        raise PeerError(failed.read_text(encoding="utf-8"))
    if not ready.exists():
        print(f"installing {peer} into {folder}", file=sys.stderr, flush=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(pins)]
        try:
            _call([sys.executable, "-m", "venv", "--clear", str(folder)], INSTALL_SECONDS)
            _call(install, INSTALL_SECONDS)
        except PeerError as failure:
            folder.mkdir(parents=True, exist_ok=True)
            failed.write_text(f"not installed: {failure}", encoding="utf-8")
            raise PeerError(f"not installed: {failure}") from failure
        ready.touch()
    return str(python)


def _call(command: list[str], limit: float) -> None:
    """Runs the command on one thread; ``PeerError`` with its last words where it fails."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(threads, "1")
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    try:
        done = subprocess.run(
            command, env=environment, check=False, timeout=limit, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"not done within {limit:.0f} s") from error
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip()]
        raise PeerError(words[-1][:200] if words else f"ended with status {done.returncode}")


def version(peer: str) -> str:
    """The pinned version of the peer's package, or ours."""
    if peer == OURS:
        return marquee.__version__
    pins = (HERE / "adapters" / f"{peer}.txt").read_text(encoding="utf-8").splitlines()
    versions = {name.lower(): number for name, _, number in (pin.partition("==") for pin in pins)}
    return versions[PACKAGES[peer]]


def table(question: Question, lines: list[Line]) -> str:
    """The lines of one question as Markdown, the best first."""
    names = next((list(line.metrics) for line in lines if line.metrics), [])
    shown = [name for name in names if name != "se"]
    sign = 1 if question.kind == "ratings" else -1
    order = sorted(
        lines, key=lambda line: (bool(line.reason), sign * next(iter(line.metrics.values()), 0.0))
    )
    head = ("library", "model", *shown, "fit, CPU s", "peak MB", "")
    rows = [f"### {question.words}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for line in order:
        entry = line.entry
        figures = [f"{line.metrics[name]:.4f}" for name in shown if name in line.metrics]
        if "se" in line.metrics:
            figures[0] += f" ± {line.metrics['se']:.4f}"
        cost = (f"{line.fit_s:.2f}", f"{line.peak_mb:.0f}") if line.metrics else ("", "")
        several = len(entry.variants) > 1
        chosen = ", ".join(f"{n}={v}" for n, v in line.params.items()) if several else ""
        words = line.reason or "; ".join(filter(None, (entry.note, chosen)))
        cells = (
            f"{entry.peer} {version(entry.peer)}",
            f"`{entry.model}`",
            *(figures or [""] * len(shown)),
            *cost,
            words,
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
