"""The one writer: `{name: value}` -> a row of `logs/metrics.csv`."""
