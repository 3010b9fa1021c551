"""What every test may ask for."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from marquee.data.tables import Tables

# A deadline per example would assert a time, which a busy machine breaks. The same examples every
# run make a failure one that the next run shows again.
settings.register_profile("untimed", deadline=None, derandomize=True)
settings.load_profile("untimed")

# Spinning BLAS and OpenMP threads cost more than they bring on two busy cores.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def pytest_collection_finish() -> None:
    """Lets the collector of garbage pass over what lives as long as the tests do."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs what kills or cuts off as often as MARQUEE_SOAK says, at other moments each time."""
    if metafunc.definition.get_closest_marker("fault") is None:
        return
    rounds = int(os.environ.get("MARQUEE_SOAK", "1"))
    if rounds > 1 and "soak_round" not in metafunc.fixturenames:
        metafunc.fixturenames.append("soak_round")
    if "soak_round" in metafunc.fixturenames:
        metafunc.parametrize("soak_round", range(rounds), ids="round{}".format)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the real data sets."""
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        pytest.skip("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return Path(root)


@pytest.fixture(scope="session")
def tmdb_5000(data_root: Path) -> Tables:
    """The tables of the real set of that name."""
    from marquee.data.sources import read_source

    return read_source(data_root / "tmdb-5000")[1].tables
