"""The version of livemon."""

__version__ = "0.1.0"
