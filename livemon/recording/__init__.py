"""The recorder: `{name: value}` -> a row of `logs/metrics.csv`."""
