"""Comparing and explaining runs: `MultiExperimentLoader`, groups of seeds, tests, importance, checkpoints."""

from livemon.analysis.compare import MultiExperimentLoader as MultiExperimentLoader

__all__ = ["MultiExperimentLoader"]
