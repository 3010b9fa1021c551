"""Whether the reasons of a pick are true: without the cited titles its score must fall further.

For 1,000 picks, each the best of another viewer, the titles that the engine cites are taken from
the profile, and in turn as many others of it drawn at random. Run as ``python benchmarks/reasons.py
--home HOME`` on a workspace with a fitted model; ``--json`` prints one document.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marquee.data.workspace import Workspace
from marquee.service.engine import Engine
from marquee.service.people import Person


def main() -> None:
    """Prints in what share of the cases the cited titles mattered more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".marquee"))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = measure(Engine(Workspace(given.home)), given.cases, np.random.default_rng(given.seed))
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        print("\n".join(f"{name:<28}{value}" for name, value in report.items()))


def measure(engine: Engine, n_cases: int, rng: np.random.Generator) -> dict[str, object]:
    """Shares over viewers drawn without repetition who have enough titles left to draw from."""
    library = engine.library
    wins = ties = cases = 0
    for viewer in rng.permutation(library.known_viewers):
        if cases == n_cases:
            break
        asker = engine.person(int(viewer))
        [pick] = engine.recommend(viewer_id=int(viewer), k=1).picks
        [item] = library.facts.items.positions([pick.title.title_id])
        why = [reason.title.title_id for reason in pick.reasons]
        cited = library.facts.items.positions(np.array(why, np.int64))
        others = [place for place in asker.history if place not in set(cited.tolist())]
        if not why or len(others) < len(cited):
            continue
        random = rng.choice(others, len(cited), replace=False)
        without_cited = score_without(engine, asker, cited, int(item))
        without_random = score_without(engine, asker, random, int(item))
        wins += without_cited < without_random
        ties += without_cited == without_random
        cases += 1
    return {
        "model": library.model_name,
        "viewers": len(library.known_viewers),
        "cases": cases,
        "cited titles mattered more": round(wins / max(cases, 1), 4),
        "equal": round(ties / max(cases, 1), 4),
        "to reach": 0.9,
    }


def score_without(engine: Engine, asker: Person, absent: NDArray[np.integer], column: int) -> float:
    """The score of a title for the person without some titles of their history."""
    gone = set(absent.tolist())
    rest = {place: stars for place, stars in asker.history.items() if place not in gone}
    person_without = Person(None, rest, 0, asker.sets, asker.settings, asker.revision)
    model = engine.library.model
    return float(model.score(person_without.profiles(engine.library.facts.items))[0, column])


if __name__ == "__main__":
    main()
