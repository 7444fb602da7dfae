"""Cells -> columns: the append-only table, the meaning of its columns, and its anomalies."""
