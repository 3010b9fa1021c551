"""Titles as cards: what the viewer said of each, what we guess, and why it is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from marquee.app.lists import exposure, list_id
from marquee.app.web.visit import Visit
from marquee.data.feedback import Shown
from marquee.service.records import Prediction, Reason, Suggestion, TitleCard

STAR_COUNT = 5


@dataclass(frozen=True)
class Star:
    """One of the five buttons: what a press says, and how it looks."""

    number: int
    value: float
    """Stars that a press gives; half a star less where the star is already given."""
    look: str
    """full, half or empty."""


@dataclass(frozen=True)
class Card:
    """A title with everything that its card shows."""

    title: TitleCard
    row: str = ""
    slot: int = 0
    stars: float | None = None
    """What the viewer gave it."""
    seen: bool = False
    watchlist: bool = False
    hidden: bool = False
    hidden_reason: str = ""
    guess: Prediction | None = None
    reasons: tuple[Reason, ...] = ()
    list_id: str = ""
    """The list that it was shown in, for a word on the pick."""
    undo: str = ""
    """What was just said of it."""
    note: str = ""
    """Why it is there, where no reasons are known."""
    arm: str | None = None
    """Which arm of an experiment chose it."""

    @property
    def buttons(self) -> tuple[Star, ...]:
        """The five stars."""
        return tuple(_star(number, self.stars or 0) for number in range(1, STAR_COUNT + 1))

    @property
    def where(self) -> str:
        """Where the card lies, as its buttons say it."""
        return f"{self.title.title_id}:{self.row}:{self.slot}"


@dataclass(frozen=True)
class Shelf:
    """Cards under a heading."""

    key: str
    heading: str
    cards: tuple[Card, ...]
    why: str = ""
    thumb: str = ""
    """thumbs_up or thumbs_down, where the viewer said so of this very list."""


@dataclass(frozen=True)
class Kept:
    """A card that stays where it is though its title no longer qualifies: it was just spoken of."""

    row: str
    slot: int
    title_id: int
    undo: str = ""

    def __str__(self) -> str:
        return f"{self.row}:{self.slot}:{self.title_id}:{self.undo}"

    @classmethod
    def read(cls, text: str) -> Kept | None:
        """What the address says, None where it says nothing of the kind."""
        row, _, rest = text[:200].partition(":")
        slot, _, rest = rest.partition(":")
        number, _, undo = rest.partition(":")
        if not (slot.isascii() and slot.isdigit() and number.isascii() and number.isdigit()):
            return None
        if len(slot) > 4 or len(number) > 18:
            return None
        return cls(row, int(slot), int(number), undo[:64])


MOST_KEPT = 6
"""Older ones give way to new picks."""


def kept_cards(visit: Visit) -> tuple[Kept, ...]:
    """The cards that stay, as the address says, each title once and the last word counting."""
    found = [Kept.read(text) for text in visit.query.getlist("kept")[-MOST_KEPT:]]
    return tuple({kept.title_id: kept for kept in found if kept is not None}.values())


def shelf(
    key: str, heading: str, picks: Sequence[Suggestion], *, why: str = "", note: str = ""
) -> Shelf:
    """Picks as cards in their order; the note stands on those without reasons of their own."""
    cards = [
        Card(pick.title, key, slot, reasons=pick.reasons, note=note, arm=pick.arm)
        for slot, pick in enumerate(picks)
    ]
    return Shelf(key, heading, tuple(cards), why)


def dressed(visit: Visit, shelves: Sequence[Shelf], *, guess: bool = True) -> tuple[Shelf, ...]:
    """The shelves with kept cards in their slots, own words, guesses, and entered as shown."""
    settled = _settled(visit, shelves)
    own = OwnWords.of(visit)
    ids = [card.title.title_id for each in settled for card in each.cards]
    unrated = [number for number in ids if number not in own.stars]
    guesses = guessed(visit, unrated) if guess else {}
    thumbs = _thumbs(visit)
    done = []
    for each in settled:
        list_id = _list_id(visit, each)
        cards = (
            replace(own.on(card), guess=guesses.get(card.title.title_id), list_id=list_id)
            for card in each.cards
        )
        done.append(replace(each, cards=tuple(cards), thumb=thumbs.get(list_id, "")))
    _enter(visit, done)
    return tuple(done)


def guessed(visit: Visit, title_ids: Sequence[int]) -> dict[int, Prediction]:
    """What the viewer would give each title; nothing where no model of ratings was fitted."""
    engine = visit.site.engine
    known = [number for number in title_ids if engine.library.facts.items.find([number])[0] >= 0]
    if not known or engine.library.predictor is None:
        return {}
    found = engine.predict(visit.viewer_id, known).predictions
    return dict(zip(known, found, strict=True))


@dataclass(frozen=True)
class OwnWords:
    """What the viewer said of titles, those of the workspace's tables included."""

    stars: dict[int, float]
    seen: frozenset[int] = frozenset()
    watchlist: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    reasons: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, visit: Visit) -> OwnWords:
        """The words of the profile in use."""
        said = visit.profile
        if said is None:
            return cls({})
        reasons = tuple(said.hidden_reasons.items())
        return cls(dict(said.ratings), said.seen, said.watchlist, said.hidden, reasons)

    def on(self, card: Card) -> Card:
        """The card with them."""
        number = card.title.title_id
        return replace(
            card,
            stars=self.stars.get(number),
            seen=number in self.seen,
            watchlist=number in self.watchlist,
            hidden=number in self.hidden,
            hidden_reason=dict(self.reasons).get(number, ""),
        )


def single(visit: Visit, title_id: int) -> Card:
    """The card of one title on its own page."""
    engine = visit.site.engine
    card = OwnWords.of(visit).on(Card(engine.catalog.card(title_id), "title"))
    kept = next((kept for kept in kept_cards(visit) if kept.title_id == title_id), None)
    guess = None if card.stars is not None else guessed(visit, [title_id]).get(title_id)
    return replace(card, guess=guess, undo=kept.undo if kept else "")


def kept_elsewhere(visit: Visit) -> Card | None:
    """The card that was spoken of last, where it lies among those that stay as they are."""
    kept = kept_cards(visit)
    if not kept or kept[-1].title_id not in (visit.below or ()):
        return None
    last = kept[-1]
    title = visit.site.engine.catalog.card(last.title_id)
    card = OwnWords.of(visit).on(Card(title, last.row, last.slot, undo=last.undo))
    guess = None if card.stars is not None else guessed(visit, [last.title_id]).get(last.title_id)
    return replace(card, guess=guess)


def plain_cards(visit: Visit, titles: Iterable[TitleCard], row: str) -> tuple[Card, ...]:
    """Titles as cards without reasons."""
    own, undo = OwnWords.of(visit), {kept.title_id: kept.undo for kept in kept_cards(visit)}
    return tuple(
        own.on(Card(title, row, slot, undo=undo.get(title.title_id, "")))
        for slot, title in enumerate(titles)
    )


def _settled(visit: Visit, shelves: Sequence[Shelf]) -> list[Shelf]:
    """The shelves without titles that are kept, and with these put where they lay."""
    catalog = visit.site.engine.catalog
    kept: dict[int, tuple[Kept, TitleCard]] = {}
    for held in kept_cards(visit):
        try:
            kept[held.title_id] = (held, catalog.card(held.title_id))
        except LookupError:
            continue
    for elsewhere in visit.below or ():
        kept.pop(elsewhere, None)
    keys = [each.key for each in shelves]
    settled = []
    for place, each in enumerate(shelves):
        cards = [card for card in each.cards if card.title.title_id not in kept]
        own = [
            (one, title)
            for one, title in kept.values()
            if one.row == each.key or (place == 0 and one.row not in keys)
        ]
        for one, title in sorted(own, key=lambda pair: pair[0].slot):
            note = each.cards[0].note if each.cards else ""
            cards.insert(one.slot, Card(title, each.key, one.slot, undo=one.undo, note=note))
        if len(each.cards) > 0:
            cards = cards[: max(len(each.cards), max((one.slot + 1 for one, _ in own), default=0))]
        numbered = tuple(replace(card, slot=slot) for slot, card in enumerate(cards))
        settled.append(replace(each, cards=numbered))
    return settled


def _list_id(visit: Visit, each: Shelf) -> str:
    titles = [card.title.title_id for card in each.cards]
    return list_id(each.key, titles, visit.site.engine.answering(visit.viewer_id), visit.now)


MOST_LOOKED_AT = 30
"""Words among which a thumb is looked for: a list lives for a few presses."""


def _thumbs(visit: Visit) -> dict[str, str]:
    """The last thumb for each list that had one lately."""
    if visit.viewer_id is None or visit.feedback is None:
        return {}
    said = visit.feedback.history(visit.viewer_id, MOST_LOOKED_AT)
    events = [entry.event for entry in reversed(said) if not entry.undone]
    return {
        event.answer_id: event.verb
        for event in events
        if event.answer_id and event.verb in {"thumbs_up", "thumbs_down"}
    }


def _enter(visit: Visit, shelves: Sequence[Shelf]) -> None:
    """Has the lists entered as shown to the profile in use, once the page is on its way."""
    viewer_id, feedback = visit.viewer_id, visit.feedback
    if viewer_id is None or feedback is None:
        return
    library = visit.site.engine.answering(viewer_id)
    lists = [
        Shown(
            viewer_id,
            each.cards[0].list_id,
            tuple(card.title.title_id for card in each.cards),
            library.model_name,
            library.snapshot or "none",
            visit.now,
            *exposure([card.arm for card in each.cards]),
        )
        for each in shelves
        if each.cards
    ]
    visit.later.append(lambda: feedback.show(lists))


def _star(number: int, stars: float) -> Star:
    value = number - 0.5 if stars == number else float(number)
    look = "full" if stars >= number else "half" if stars == number - 0.5 else "empty"
    return Star(number, value, look)
