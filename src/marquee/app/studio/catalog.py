"""The pages of the studio, in the order of the menu."""

from __future__ import annotations

from marquee.app.studio.frame import PageOf
from marquee.app.studio.views import (
    audience,
    forecast,
    insights,
    leaderboard,
    operations,
    recommend,
    track_record,
    what_if,
)

PAGES: tuple[PageOf, ...] = (
    recommend.PAGE,
    insights.PAGE,
    forecast.PAGE,
    what_if.PAGE,
    audience.PAGE,
    leaderboard.PAGE,
    track_record.PAGE,
    operations.PAGE,
)
