"""The commands: plain arguments in, text and pictures out. `cli.py` defines the command line."""
