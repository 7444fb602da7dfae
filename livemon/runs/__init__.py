"""A path -> the run it means: its files, followed; its state; what goes on from it."""
