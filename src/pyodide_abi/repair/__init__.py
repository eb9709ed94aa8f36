"""Findings to edits to a new wheel."""
