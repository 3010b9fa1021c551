"""The tone of a text: how many of its words are pleasant, how many unpleasant.

A coarse measure that needs no model: two lists of English words chosen for this project, compared
by their stems. It knows no negation and no irony.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from marquee.features.text import stems

PLEASANT = """
    adorable adore adventure affection amaze amuse beautiful beauty beloved best bliss bond
    brave bright brilliant care carefree celebrate champion charm cheer cheerful cherish clever
    comfort companion compassion confident courage cozy cuddle cute dance dazzle dear delight
    devoted discover dream eager ease elegant embrace enchant encourage enjoy excite fabulous
    fairy faith fame family festive flourish fond forgive fortune freedom friend friendship fun
    funny gem generous gentle gift glad glamour glory good grace grateful great grin happiness
    happy harmony heal heart hero heroic hilarious holiday home honest honor hope hug humor
    innocent inspire invite jewel joke joy joyful kind kiss laugh laughter legend liberty like
    love lovely loving loyal lucky luxury magic magical marriage marry marvelous mercy merry
    miracle music noble optimist paradise passion peace peaceful perfect play playful pleasant
    pleasure praise pretty pride prize promise protect proud pure reconcile redeem rejoice
    rescue respect reunion reunite reward romance romantic safe sincere sing smart smile spirit
    splendid star strength succeed success sun sunny support sweet talent tender thank thrive
    treasure triumph trust truth unite victory warm warmth wedding welcome win winner wisdom
    wise wish wonder wonderful worthy young
"""
UNPLEASANT = """
    abandon abduct abuse accident accuse addict agony alone anger angry anguish annihilate
    apocalypse arrest ashamed assassin assault attack awful bad battle beat betray betrayal
    bitter blackmail blame bleak blood bloody bomb broke brutal bully burden burn catastrophe
    chaos coma conflict conspiracy corpse corrupt corruption cowardly crash creep crime criminal
    crisis cruel cruelty cry curse damage danger dangerous dark dead deadly death deceit defeat
    demon deny depress despair desperate destroy destruction devil die disaster disease disgrace
    dismiss distress divorce doom dread drown drug enemy evil execute exploit explosion fail
    failure fatal fear feud fight flee fraud fury ghost greed grief grim grudge guilt guilty gun
    harm harsh hate hatred haunt hell horrible horror hostage hostile hunt hurt ill imprison
    infect injure insane invade invasion jail jealous kidnap kill killer lie lonely lose loss
    lost mad massacre menace misery mistake monster mourn murder murderer nightmare obsess
    outbreak outcast outlaw pain painful panic paranoia peril plague poison poor prey prison
    punish rage raid ransom rape ravage revenge rob ruin ruthless sacrifice sad scandal scare
    scream shame shoot sick sin sinister slaughter slave sorrow stalk starve steal stolen storm
    strand struggle suffer suicide suspect tear tense terrible terror terrorist thief threat
    threaten torment torture tragedy tragic trap trauma trouble ugly undead unhappy unleash
    vengeance vicious victim villain violence violent virus war weapon weep wicked worse worst
    wound wrong zombie
"""


def tone(texts: pl.Series) -> pl.Series:
    """Share of pleasant minus share of unpleasant words of each text, from -1 to 1.

    A text without words is null.
    """
    lists = _stemmed()
    words = (
        stems(texts)
        .group_by("row")
        .agg(
            pl.len().alias("n"),
            pl.col("token").is_in(lists[0].implode()).sum().alias("pleasant"),
            pl.col("token").is_in(lists[1].implode()).sum().alias("unpleasant"),
        )
    )
    rows = pl.DataFrame({"row": pl.arange(len(texts), eager=True, dtype=pl.UInt32)})
    counted = rows.join(words, on="row", how="left", maintain_order="left")
    n, pleasant, unpleasant = (
        counted[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("n", "pleasant", "unpleasant")
    )
    return pl.Series("tone", (pleasant - unpleasant) / n, nan_to_null=True)


@cache
def _stemmed() -> tuple[pl.Series, pl.Series]:
    """Stems of the pleasant and of the unpleasant words."""
    pleasant, unpleasant = (
        stems(pl.Series([words]))["token"].unique().sort() for words in (PLEASANT, UNPLEASANT)
    )
    return pleasant, unpleasant
