"""Recommenders: one file per algorithm over the contract of ``base``."""
