"""The ``marquee`` command."""


def main() -> None:
    """Runs the command line."""
