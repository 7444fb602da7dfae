"""The bodies of the commands: plain words in, text and pictures out. `cli.py` says how they are typed."""
