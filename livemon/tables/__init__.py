"""Cells -> columns: the append-only table, what its columns mean, and what was odd about it."""
