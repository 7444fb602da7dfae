"""The checkpoints of a run, and the weights in them."""
