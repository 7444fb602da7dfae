"""What may be said of several runs: groups, tests, rankings, importance."""
