"""Several models on the same splits, each result kept as soon as it is there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.evaluation.clock import clock_for
from marquee.evaluation.experiment import Meter, evaluate
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.plain import plain
from marquee.evaluation.report import SplitResult
from marquee.evaluation.splits import Split
from marquee.evaluation.tuning import Budget, Make, Tuned, tune
from marquee.models.base import Recommender
from marquee.search.space import Space

OnStep = Callable[[int, int, str], None]


class Run(NamedTuple):
    """What was measured of a model on one split, and what the leak checks found there."""

    result: SplitResult
    leaks: tuple[Leak, ...]


class Results(Protocol):
    """Keeps what was measured."""

    def find(self, key: str) -> Run | None:
        """What was kept under that key; None where nothing was."""
        ...

    def keep(self, key: str, run: Run, about: dict[str, Any]) -> None:
        """Keeps a run, whole or not at all."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Entrant:
    """A model that takes part."""

    name: str
    make: Make
    space: Space | None = None
    """What to try where parameters are chosen; None for a model that is taken as it is."""
    version: str = ""
    """Of its code: results of another version are not taken for this one's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditions:
    """What is the same for all that take part."""

    splits: Mapping[int, Sequence[Split]]
    """The splits drawn with each seed, which models that draw at random are given too."""
    metric: str = "ndcg@10"
    """By which parameters are chosen."""
    ks: tuple[int, ...] = (10,)
    relevant_from: float = 4.0
    clock: str | None = None
    auc: bool = False
    titles: pl.DataFrame | None = None
    viewers: pl.DataFrame | None = None
    tables: Tables | None = None
    """What titles and viewers were made of, for the leak checks."""
    data_version: str = ""
    """Of titles, viewers and times, which the fingerprint of a split does not tell."""
    budget: Budget | None = None
    trials: Path | None = None
    """Where trials of a search are kept."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """What was measured of one model."""

    name: str
    model: str
    """Name of the class."""
    params: dict[str, Any]
    """The hyperparameters, those that were chosen on each split left out."""
    runs: tuple[SplitResult, ...]
    seeds: tuple[int, ...]
    """Seed of each run."""
    tuned: tuple[Tuned, ...]
    """How parameters were chosen on each split; empty if they were not."""
    n_cached: int
    """Runs that had been measured before."""
    leaks: tuple[Leak, ...] = ()
    """What the leak checks found on any of the splits, notes too."""


class Comparison:
    """The runs of several models, one after another; what is done stays when it is stopped.

    ``timer`` tells the seconds that fits and lists take, of the clock or of CPU; ``wall`` when the
    minutes of a search are over.
    """

    def __init__(
        self,
        entrants: Sequence[Entrant],
        conditions: Conditions,
        results: Results,
        *,
        on_step: OnStep | None = None,
        meter: Meter | None = None,
        timer: Callable[[], float] = time.perf_counter,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        names = [entrant.name for entrant in entrants]
        if not names or len(set(names)) < len(names):
            raise ParameterError(f"a comparison needs models, each named once, got {names}")
        if not conditions.splits or not all(conditions.splits.values()):
            raise ParameterError("there is no split to compare on; give at least one")
        self.entrants = entrants
        self.conditions = conditions
        self.results = results
        self.entries: list[Entry] = []
        """The models that are done."""
        self.interrupted = False
        """Whether it was stopped before all models were done."""
        every = [split for splits in conditions.splits.values() for split in splits]
        self.clock = clock_for(every, conditions.clock)
        self._tell = on_step or (lambda _done, _total, _text: None)
        self._meter, self._timer, self._wall = meter, timer, wall
        self._done, self._total = 0, sum(self._steps(entrant) for entrant in entrants)

    def run(self) -> list[Entry]:
        """Every model that came to its end; an interrupt ends the run and not the process."""
        try:
            for entrant in self.entrants:
                self.entries.append(self._entry(entrant))
        except KeyboardInterrupt:
            self.interrupted = True
        self._tell(self._total if not self.interrupted else self._done, self._total, "done")
        return self.entries

    def _runs(self, entrant: Entrant) -> Iterator[tuple[int, Split]]:
        """Seed and split of each run: one alone where neither split nor model depends on it."""
        met: set[str] = set()
        seeded = "seed" in entrant.make({}).params()
        for seed, splits in self.conditions.splits.items():
            for split in splits:
                if seeded or split.fingerprint not in met:
                    yield seed, split
                met.add(split.fingerprint)

    def _steps(self, entrant: Entrant) -> int:
        runs = list(self._runs(entrant))
        searches = len({split.fingerprint for _, split in runs}) if entrant.space else 0
        budget = self.conditions.budget
        return len(runs) + (searches * budget.n_trials if budget is not None else 0)

    def _entry(self, entrant: Entrant) -> Entry:
        runs: list[SplitResult] = []
        seeds: list[int] = []
        tuned: dict[str, Tuned] = {}
        leaks: list[Leak] = []
        n_cached = 0
        for seed, split in self._runs(entrant):
            chosen: dict[str, Any] = {}
            if self.conditions.budget is not None and entrant.space:
                if split.fingerprint not in tuned:
                    tuned[split.fingerprint] = self._tune(entrant, split, seed)
                chosen = tuned[split.fingerprint].params
            model = _with_seed(entrant.make(chosen), seed)
            self._step(f"{entrant.name} on {split.name}" + (f", seed {seed}" if seed else ""))
            key = self._key(entrant, model, split)
            run = self.results.find(key)
            n_cached += run is not None
            if run is None:
                run = self._measure(entrant, chosen, seed, split)
                about = {"model": entrant.name, "params": plain(model.params()), "seed": seed}
                self.results.keep(key, run, about | {"split": split.name})
            runs.append(run.result)
            leaks += run.leaks
            seeds.append(seed)
            self._done += 1
        model = entrant.make({})
        return Entry(
            name=entrant.name,
            model=type(model).__name__,
            params=model.params(),
            runs=tuple(runs),
            seeds=tuple(seeds),
            tuned=tuple(tuned.values()),
            n_cached=n_cached,
            leaks=tuple(dict.fromkeys(leaks)),
        )

    def _measure(self, entrant: Entrant, chosen: dict[str, Any], seed: int, split: Split) -> Run:
        conditions = self.conditions
        report = evaluate(
            lambda: _with_seed(entrant.make(chosen), seed),
            [split],
            k=conditions.ks,
            relevant_from=conditions.relevant_from,
            clock=self.clock,
            auc=conditions.auc,
            titles=conditions.titles,
            viewers=conditions.viewers,
            tables=conditions.tables,
            seed=seed,
            timer=self._timer,
            meter=self._meter,
        )
        return Run(report.splits[0], report.leaks)

    def _tune(self, entrant: Entrant, split: Split, seed: int) -> Tuned:
        conditions, start = self.conditions, self._done
        assert conditions.budget is not None
        assert entrant.space is not None

        def on_trial(done: int, _total: int) -> None:
            self._done = start + done
            self._step(f"{entrant.name}: choosing parameters inside {split.name}")

        self._step(f"{entrant.name}: choosing parameters inside {split.name}")
        found = tune(
            entrant.make,
            entrant.space,
            split,
            conditions.budget,
            metric=conditions.metric,
            k=int(conditions.metric.partition("@")[2] or max(conditions.ks)),
            relevant_from=conditions.relevant_from,
            clock=self.clock,
            titles=conditions.titles,
            viewers=conditions.viewers,
            seed=seed,
            version=f"{conditions.data_version} {entrant.version}",
            storage=conditions.trials,
            on_trial=on_trial,
            timer=self._wall,
        )
        self._done = start + conditions.budget.n_trials
        return found

    def _step(self, text: str) -> None:
        self._tell(self._done, self._total, text)

    def _key(self, entrant: Entrant, model: Recommender, split: Split) -> str:
        conditions = self.conditions
        said = {
            "data": conditions.data_version,
            "split": [split.name, split.fingerprint],
            "model": [entrant.name, type(model).__name__, plain(model.params())],
            "code": entrant.version,
            "clock": self.clock,
            "k": conditions.ks,
            "relevant_from": conditions.relevant_from,
            "auc": conditions.auc,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _with_seed(model: Recommender, seed: int) -> Recommender:
    """The model with so much added to its seed; one without a seed is as it was."""
    own = model.params().get("seed")
    if not seed or own is None:
        return model
    return dataclasses.replace(model, seed=own + seed)  # type: ignore[call-arg]  # it has one
