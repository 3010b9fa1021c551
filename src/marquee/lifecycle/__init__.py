"""Runs, saved models, gates."""
