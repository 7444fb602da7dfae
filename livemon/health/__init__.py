"""Whether a training goes well: a file a condition, and the checkup that asks them all."""
