"""Splits, metrics, experiments."""
