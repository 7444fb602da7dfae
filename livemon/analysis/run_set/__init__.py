"""Several runs: opened, read, named and sorted."""
