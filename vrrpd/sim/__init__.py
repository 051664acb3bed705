"""Scenarios as values: what is told once and run in several worlds."""
