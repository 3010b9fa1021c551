"""Films, shows and where to watch them from TMDB's API, version 3.

::

    keyed       the key, added below everything that logs
    asking      one question, answered whole or not at all
    listing     numbers of titles, out of pages that shift while they are read
    shapes      what of an answer is kept
    answers     what was answered, on disk
    wanted      what to ask for, and where the last update stopped
    updating    the update, which any kill leaves to the next call

What is kept is read by the source ``tmdb-api`` as the files of any publisher are.
"""
