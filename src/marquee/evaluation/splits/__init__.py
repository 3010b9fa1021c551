"""What may be learned and what is asked: divisions of interactions into training and test.

The parts of a split are over the same items in the same order. A title that occurs only in the test
part stays in the catalog, as one that nobody has rated yet; the strong split, whose protocol has
another catalog, is the exception.
"""

from marquee.evaluation.splits.base import Split
from marquee.evaluation.splits.drawn import k_folds, random_split
from marquee.evaluation.splits.inner import inner_split
from marquee.evaluation.splits.published import ReadFold, predefined_split
from marquee.evaluation.splits.strong import n_held_out, strong_split
from marquee.evaluation.splits.tables import splits_from, table_of
from marquee.evaluation.splits.timed import last_one, last_share, rolling_windows, split_by_time
from marquee.evaluation.splits.words import parse_split

__all__ = [
    "ReadFold",
    "Split",
    "inner_split",
    "k_folds",
    "last_one",
    "last_share",
    "n_held_out",
    "parse_split",
    "predefined_split",
    "random_split",
    "rolling_windows",
    "split_by_time",
    "splits_from",
    "strong_split",
    "table_of",
]
