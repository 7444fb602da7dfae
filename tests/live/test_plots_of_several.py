from __future__ import annotations

from pathlib import Path

from livemon.boards.lens.value import Lens
from livemon.live.final_plots import PlotsApart
from livemon.live.plots_of_several import comparison_arguments, save_comparison


def runs_in(tmp_path: Path) -> list[list[str]]:
    folders = []
    for name in ("-a", "b"):  # one must not be taken for an option
        (tmp_path / name).mkdir()
        rows = "".join(f"{step},{1 / (step + 1)}\n" for step in range(9))
        (tmp_path / name / "metrics.csv").write_text("step,train_loss\n" + rows)
        folders.append([str(tmp_path / name)])
    return folders


def test_another_process_makes_the_same_plots(tmp_path: Path) -> None:
    """The plots of a comparison that another process makes are the files that are made here, in the folder that was
    named, and their paths come back."""
    runs, lens = runs_in(tmp_path), Lens(x="row", select="loss", linear=("train_loss",))
    here = save_comparison(runs, tmp_path / "here", lens, ())
    messages: list[str] = []
    apart = PlotsApart(comparison_arguments(runs, tmp_path / "apart", lens, ()), messages.append,
                       module="livemon.live.plots_of_several").save()
    assert [path.name for path in apart] == [path.name for path in here] and len(here) == 2 and not messages
    assert all(path.parent == tmp_path / "apart" and path.stat().st_size > 1000 for path in apart)
