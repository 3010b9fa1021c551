"""What happens in each genre: who, what they do, and the keywords that go with it."""

from __future__ import annotations

from typing import NamedTuple


class Plot(NamedTuple):
    """The makings of a genre's overviews."""

    leads: tuple[str, ...]
    deeds: tuple[str, ...]
    """What they do, as an infinitive: it follows "must" for one lead or several."""
    keywords: tuple[str, ...]


PLOTS = {
    "Action": Plot(
        ("a retired bodyguard", "a demolition expert", "an undercover courier"),
        (
            "fight through a city under siege",
            "hunt down the crew behind a bombing",
            "steal back a stolen helicopter",
        ),
        ("explosion", "hand-to-hand combat", "mercenary", "hostage", "rescue mission"),
    ),
    "Adventure": Plot(
        ("a disgraced navigator", "a young mapmaker", "three stowaways"),
        (
            "find an island that no chart shows",
            "cross the desert for a lost seal",
            "climb out of a drowned canyon",
        ),
        ("expedition", "treasure map", "jungle", "shipwreck", "lost city"),
    ),
    "Animation": Plot(
        ("a clockwork fox", "a timid raincloud", "a paper boat with a captain's heart"),
        (
            "travel beyond the edge of the drawing table",
            "learn to speak with the river",
            "wake the toys of a closed shop",
        ),
        ("anthropomorphism", "musical number", "enchanted toy", "hand-drawn world", "tiny hero"),
    ),
    "Comedy": Plot(
        ("an overconfident caterer", "two rival wedding bands", "a bank clerk who cannot lie"),
        (
            "ruin the same party three times",
            "run a hotel that does not exist",
            "teach manners to a goose",
        ),
        ("farce", "misunderstanding", "awkward dinner", "practical joke", "fake engagement"),
    ),
    "Crime": Plot(
        ("a forger on parole", "a tired inspector", "the bookkeeper of a gang"),
        (
            "plan one last burglary",
            "follow the money through the back rooms of the harbor",
            "break a silence bought long ago",
        ),
        ("heist", "organized crime", "police corruption", "smuggling", "interrogation"),
    ),
    "Documentary": Plot(
        ("a film crew", "the last weavers of a valley", "a team of divers"),
        (
            "spend a year with the people who repair the bridges",
            "record a craft as it fades",
            "measure a river that moves its bed",
        ),
        ("archive footage", "interviews", "field recording", "oral history", "observational"),
    ),
    "Drama": Plot(
        ("a piano tuner", "two sisters", "a widowed ferryman"),
        (
            "settle a debt that nobody remembers",
            "decide what becomes of the farm",
            "live under one roof again",
        ),
        ("inheritance", "illness", "family secret", "betrayal", "coming of age"),
    ),
    "Family": Plot(
        ("a lonely boy and his grandmother", "four cousins", "a girl who collects lost gloves"),
        (
            "save the village library",
            "hide a most unusual pet from the whole street",
            "build a raft before the holidays end",
        ),
        ("children", "pet", "summer holiday", "grandparent", "school play"),
    ),
    "Fantasy": Plot(
        ("an apprentice glass-witch", "a prince without a shadow", "the accountant of a dragon"),
        (
            "bargain with the keeper of the seven doors",
            "carry a sleeping star across the snow",
            "unlearn a spell cast at birth",
        ),
        ("magic", "prophecy", "mythical creature", "enchanted forest", "curse"),
    ),
    "History": Plot(
        ("a court physician", "a printer of forbidden pamphlets", "an exiled governor"),
        (
            "witness the fall of a dynasty",
            "keep a diary through the year of the great fire",
            "carry a treaty past three armies",
        ),
        ("royal court", "period piece", "revolution", "biography", "treaty"),
    ),
    "Horror": Plot(
        ("a night nurse", "five students", "the new tenant of the upper floor"),
        (
            "find out what breathes in the walls",
            "put back to sleep what lies under the chapel",
            "stay in the house until morning",
        ),
        ("haunted house", "possession", "folk ritual", "creature", "basement"),
    ),
    "Music": Plot(
        ("a street accordionist", "a choir of dockworkers", "a singer without a voice"),
        (
            "enter a contest that cannot be lost twice",
            "write the song of the summer",
            "play the last night of the dance hall",
        ),
        ("concert", "band", "songwriter", "rehearsal", "dance hall"),
    ),
    "Mystery": Plot(
        ("a crossword setter", "a retired coroner", "the only guest of a closed hotel"),
        (
            "explain an obituary printed too early",
            "ask who rang the bell at midnight",
            "read a letter in which every other word is missing",
        ),
        ("disappearance", "amateur sleuth", "locked room", "hidden passage", "anonymous letter"),
    ),
    "Romance": Plot(
        ("a baker and a meteorologist", "two pen pals", "a translator"),
        (
            "fall in love by correcting letters",
            "meet the author of a book rewritten in secret",
            "dance with the wrong stranger",
        ),
        ("first love", "love triangle", "long-distance love", "wedding", "unrequited love"),
    ),
    "Science Fiction": Plot(
        (
            "the engineer of a drifting station",
            "a cloned botanist",
            "the crew of a probe that learned to miss",
        ),
        (
            "answer a message not yet sent",
            "choose which of two Earths to wake",
            "repair a machine that remembers tomorrow",
        ),
        ("space station", "artificial mind", "first contact", "generation ship", "cloning"),
    ),
    "Thriller": Plot(
        ("a court stenographer", "an insomniac pilot", "a witness with a borrowed name"),
        (
            "prove that the verdict was typed in advance",
            "find the caller before dawn",
            "leave the country without being seen to leave",
        ),
        ("conspiracy", "stalker", "blackmail", "surveillance", "false identity"),
    ),
    "War": Plot(
        ("a field cook", "a platoon cut off by the thaw", "two cousins in opposing uniforms"),
        (
            "hold a bridge that both armies have forgotten",
            "smuggle letters across the front",
            "march home against orders",
        ),
        ("trench", "resistance", "deserter", "siege", "field hospital"),
    ),
    "Western": Plot(
        ("a drifter with a surveyor's chain", "a widow who runs the stage line", "a tired marshal"),
        (
            "buy a town that is not for sale",
            "ride out to bring the water back",
            "guard a fence against the whole valley",
        ),
        ("gunslinger", "cattle drive", "frontier town", "stagecoach", "dry riverbed"),
    ),
}
