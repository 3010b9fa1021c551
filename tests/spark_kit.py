"""What the tests of Spark share: whether it is here, and options that start Java fast."""

from __future__ import annotations

import pytest

from marquee.spark.session import missing

FAST = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
"""For jobs of seconds: little is compiled, and by one thread."""

needs_spark = pytest.mark.skipif(missing() is not None, reason=f"no Spark here: {missing()}")
