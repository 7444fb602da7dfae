"""Statements about several runs: groups, tests, rankings, importance."""
