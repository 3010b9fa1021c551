"""What the checks make of leaks that are known to be there, and of set-ups that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marquee.evaluation.leaks.clean import Make, clean_set_ups, small_world
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.planted import planted_leaks

OnStep = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One case and what was found in it."""

    words: str
    expected: str | None
    """Check that must find the leak; None where there is none."""
    leaks: tuple[Leak, ...]
    """What was found, notes too."""

    @property
    def right(self) -> bool:
        """Whether the expected check found it, or nothing is found where nothing is."""
        found = {leak.check for leak in self.leaks if not leak.note}
        return not found if self.expected is None else self.expected in found


@dataclass(frozen=True, kw_only=True)
class Trial:
    """All cases."""

    cases: tuple[Tried, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Leaks planted and found; clean set-ups, and those that raised a leak."""
        planted = [case for case in self.cases if case.expected is not None]
        clean = [case for case in self.cases if case.expected is None]
        return {
            "planted": len(planted),
            "found": sum(case.right for case in planted),
            "clean": len(clean),
            "raised": sum(not case.right for case in clean),
        }


def try_checks(make: Make, *, seed: int = 1, on_step: OnStep | None = None) -> Trial:
    """The trial of the eight planted leaks and twenty clean set-ups, in worlds from that seed on.

    ``make`` makes the unfitted model of a public name, for the clean set-ups.
    """
    tell = on_step or (lambda _done, _total, _text: None)
    planted, clean = planted_leaks(), list(clean_set_ups(make, seed))
    total = len(planted) + len(clean)
    cases: list[Tried] = []
    for leak in planted:
        tell(len(cases), total, leak.check)
        found = tuple(leak.find(small_world(seed)))
        cases.append(Tried(words=leak.words, expected=leak.check, leaks=found))
    for set_up in clean:
        tell(len(cases), total, set_up.words)
        cases.append(Tried(words=set_up.words, expected=None, leaks=tuple(set_up.find())))
    tell(total, total, "done")
    return Trial(cases=tuple(cases))
