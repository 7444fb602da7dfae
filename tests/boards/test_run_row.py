"""A run as a row of the list of runs."""

from __future__ import annotations

from livemon.boards.run_row import RunRow


def test_the_texts_of_a_row() -> None:
    """Each cell is ready to be shown; what is not known is a dash."""
    row = RunRow("a", "runs/a", "failed", "killed", 41_230.0, 100_000, 7_800.0, "val_loss", "min", 1.93, 1.91, 40_500.0,
                 age=4.0, verdict="critical", settings=(("lr", "0.1"), ("seed", "3")))
    assert (row.standing, row.progress, row.left, row.arrow) == ("failed (killed)", "41,230/100,000", "2h10", "↓")
    assert (row.last_text, row.best_text, row.age_text) == ("1.930", "1.910 @ 40,500", "4 s")
    assert (row.settings_text, row.severity) == ("lr=0.1 seed=3", 2)
    bare = RunRow("b", "runs/b", "waiting")
    assert (bare.progress, bare.left, bare.last_text, bare.best_text, bare.age_text) == ("-",) * 5
    assert (bare.standing, bare.arrow, bare.settings_text, bare.severity) == ("waiting", "", "", 0)
