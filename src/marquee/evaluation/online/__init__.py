"""What viewers do tells which of two ways to choose is better.

::

    assignment     which viewer belongs to which arm
    interleaving   one list out of two, and which of them was preferred
    sequential     intervals and tests that hold whenever one looks
    effects        what an arm has over another, viewer by viewer
    off_policy     what another way to choose would have earned, from logged choices

Nothing here reads a file or a clock: arrays in, arrays out.
"""
