"""Marquee: open-source movie intelligence."""

__version__ = "0.1.0"
