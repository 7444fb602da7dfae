"""Whether a training goes well: a file for each condition, and the checkup that runs them all."""
