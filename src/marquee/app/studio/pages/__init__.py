"""One module for each page; each defines ``PAGE``."""
