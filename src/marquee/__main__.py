"""Runs the command line as ``python -m marquee``."""

from marquee.app.cli import main

if __name__ == "__main__":
    main()
