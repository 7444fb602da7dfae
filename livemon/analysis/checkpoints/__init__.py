"""What a run saved: its checkpoints, and the weights in them."""
