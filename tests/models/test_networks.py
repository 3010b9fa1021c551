"""Dropout that takes little time."""

from __future__ import annotations

import pytest

from marquee.models.networks import thinned

torch = pytest.importorskip("torch", reason="networks are learned with PyTorch")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_share_is_dropped_and_the_mean_stays(share: float) -> None:
    values = torch.ones(301, 997)
    left = thinned(torch, values, share, torch.Generator().manual_seed(2))
    dropped = min(round(256 * share), 255) / 256
    assert float((left == 0).float().mean()) == pytest.approx(dropped, abs=0.005)
    assert float(left.max()) == pytest.approx(1 / (1 - dropped))
    # No place is dropped more often than another: a draw serves eight of them.
    by_place = (left.flatten()[:300_000].view(-1, 8) == 0).float().mean(0)
    assert float((by_place - dropped).abs().max()) < 0.02


def test_nothing_is_drawn_where_nothing_is_dropped() -> None:
    chance = torch.Generator().manual_seed(2)
    before = chance.get_state()
    values = torch.ones(5)
    assert thinned(torch, values, 0.0, chance) is values
    assert torch.equal(chance.get_state(), before)
