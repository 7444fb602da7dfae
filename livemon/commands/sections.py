"""The sections of `livemon compare --help`, which has many options."""

from __future__ import annotations

__all__ = ["COMPARE"]

# Section -> its options, as typed.
COMPARE: dict[str, tuple[str, ...]] = {
    "What is compared": ("--metric", "--group-by", "--label", "--tasks", "--task-scale", "--baseline", "--at", "--x"),
    "How groups are summed up and tested": ("--middle", "--band", "--test", "--pair", "--importance"),
    "How runs are read": ("--join", "--name-pattern", "--header"),
    "The tables": ("--limit", "--table", "--json", "--csv", "--markdown", "--latex"),
    "The picture": ("--output", "--select", "--lines", "--smooth", "--xlim", "--ylim", "--log-x", "--xlabel", "--log",
                    "--linear", "--until", "--lens", "--style"),
    "A figure for a paper": ("--paper", "--width", "--height", "--outline-text"),
}
