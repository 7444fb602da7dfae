from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

Command = Callable[..., subprocess.CompletedProcess[str]]



def test_plot_of_a_folder_of_runs(groups: Path, livemon: Command) -> None:
    """Of several runs the newest is plotted, and a line says what draws them together."""
    shutil.rmtree(groups / "empty")
    done = livemon("plot", ".", "-o", "one.png", cwd=groups)
    assert done.returncode == 0 and "is the newest of 6 run folders" in done.stderr
    assert "for all of them: livemon compare . -o compared.png" in done.stderr


def test_plot_each_and_paper(groups: Path, livemon: Command) -> None:
    """`plot --each` saves a picture a metric; with -o FILE the dashboard, or with --paper one for a paper."""
    assert livemon("plot", "base_s0", "--each", "-o", "out", cwd=groups).returncode == 0
    assert [path.name for path in (groups / "out").iterdir()] == ["val_loss_base_s0.png"]
    assert livemon("plot", "base_s0", "--each", "-o", "each", "--format", "pdf", cwd=groups).returncode == 0
    assert (groups / "each" / "val_loss_base_s0.pdf").read_bytes().startswith(b"%PDF")
    livemon("plot", "base_s0", "-o", "one.svg", "--style", "dark", "--outline-text", cwd=groups)
    assert "<text" not in (groups / "one.svg").read_text("utf-8")
    refused = livemon("plot", "base_s0", "-o", "one.pdf", "--outline-text", cwd=groups)
    assert refused.returncode != 0 and "is for .svg pictures" in refused.stderr
    livemon("plot", "base_s0", "--paper", "-o", "fig.pdf", cwd=groups)
    assert (groups / "one.svg").is_file() and (groups / "fig.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("part", [("--zoom", "2:5"), ("--large", "val_loss"), ("--zoom-y", "val_loss=0:1")])
def test_a_part_does_not_replace_the_plots_of_the_whole(groups: Path, livemon: Command, part: tuple[str, str]) -> None:
    """What shows a part of a run needs a picture or a folder of its own; the run's plots stay as they are."""
    refused = livemon("plot", "base_s0", *part, cwd=groups)
    assert refused.returncode == 2 and f"{part[0]} shows a part of the run" in refused.stderr
    assert not (groups / "base_s0" / "plots").exists()
    assert livemon("plot", "base_s0", *part, "-o", "part.png", cwd=groups).returncode == 0


def test_plot_prints_paths_whatever_the_options(groups: Path, livemon: Command) -> None:
    """Issue 19: standard output has a path a line, of a file that is there, with any option."""
    for words in ([], ["--style", "dark"], ["--format", "svg"], ["--each"], ["--paper"], ["--width", "5"]):
        done = livemon("plot", "base_s0", "-o", "out", *words, cwd=groups)
        lines = done.stdout.splitlines()
        assert lines and all((groups / line).is_file() for line in lines), (words, done.stdout, done.stderr)


def test_a_plot_of_nothing_is_not_drawn(groups: Path, livemon: Command) -> None:
    """Issue 19: where neither learning rate nor gradient nor time was logged there is no picture of the optimization,
    and a line says what is missing."""
    done = livemon("plot", "base_s0", "-o", "out", cwd=groups)
    assert sorted(path.name for path in (groups / "out").iterdir()) == [
        "dashboard_base_s0.png", "loss_landscape_base_s0.png", "training_curves_base_s0.png"]
    assert "no optimization dynamics: no learning rate was logged" in done.stderr


def test_an_empty_place_is_no_place(groups: Path, livemon: Command) -> None:
    """`-o ''`, of a variable of the shell that is not set as a rule, is an error in every command, not this folder."""
    for command in ("plot", "compare", "watch"):
        done = livemon(command, "base_s0", "-o", "", cwd=groups)
        assert done.returncode == 2 and "it is empty" in done.stderr, (command, done.stderr)
    assert not list(groups.glob("*.png"))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
@pytest.mark.parametrize("options", [[], ["--style", "dark"], ["--each"]])
def test_plots_are_not_written_through_a_link_out_of_the_run(
    groups: Path, livemon: Command, options: list[str]
) -> None:
    """Where `plots` in a run is a link to somewhere else, nothing is written there: a line says so, and where the plots
    are; a link within the run is the user's own."""
    outside = groups / "outside"
    outside.mkdir()
    (groups / "base_s0" / "plots").symlink_to(outside)
    done = livemon("plot", "base_s0", *options, cwd=groups)
    assert done.returncode == 0 and list(outside.iterdir()) == []
    assert "is a link out of the run" in done.stderr and "livemon-plots" in done.stderr
    assert list((groups / "livemon-plots" / "base_s0").glob("*.png"))
    (groups / "base_s1" / "pictures").mkdir()
    (groups / "base_s1" / "plots").symlink_to("pictures")
    done = livemon("plot", "base_s1", *options, cwd=groups)
    assert "link" not in done.stderr and list((groups / "base_s1" / "pictures").glob("*.png"))


@pytest.mark.parametrize("form", ["gif", pytest.param("mp4", marks=pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg is not installed here"))])
def test_a_moving_picture(groups: Path, livemon: Command, form: str) -> None:
    """`-o FILE.gif` draws the run as it grew: its path is printed, nothing lies beside it, and the last frame stays."""
    done = livemon("plot", "base_s0", "-o", f"run.{form}", "--style", "dark", cwd=groups)
    assert (done.returncode, done.stdout) == (0, f"run.{form}\n"), done.stderr
    assert [path.name for path in groups.iterdir() if not path.is_dir()] == [f"run.{form}"]
    if form == "mp4":
        assert (groups / "run.mp4").read_bytes()[4:8] == b"ftyp"
        return
    with Image.open(groups / "run.gif") as picture:
        assert isinstance(picture, GifImageFile) and 1 < picture.n_frames <= 40
        first = picture.convert("RGB").tobytes()
        picture.seek(picture.n_frames - 1)
        assert picture.info["duration"] == 3000
        assert picture.convert("RGB").tobytes() != first
        assert max(picture.convert("RGB").getpixel((2, 2))) < 60  # type: ignore[type-var, arg-type]


def test_a_page_to_zoom_into(groups: Path, livemon: Command) -> None:
    """`-o FILE.html` is one file by Plotly, which loads nothing from elsewhere; options of figures for papers are
    refused."""
    pytest.importorskip("plotly")
    done = livemon("plot", "base_s0", "-o", "run.html", cwd=groups)
    assert (done.returncode, done.stdout) == (0, "run.html\n"), done.stderr
    text = (groups / "run.html").read_text("utf-8")
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text.split("plotly.js v")[0])
    refused = livemon("plot", "base_s0", "-o", "paper.html", "--paper", cwd=groups)
    assert refused.returncode == 2 and "not a figure for a paper" in refused.stderr
    assert not (groups / "paper.html").exists()


def test_a_comparison_that_moves(groups: Path, livemon: Command) -> None:
    """`compare -o FILE.gif` draws the runs up to one step after the other; the last frame is the whole comparison."""
    done = livemon("compare", "base_s*", "ours_s*", "-o", "both.gif", cwd=groups)
    assert done.returncode == 0 and done.stdout.endswith("both.gif\n"), done.stderr
    with Image.open(groups / "both.gif") as picture:
        assert isinstance(picture, GifImageFile) and 2 < picture.n_frames <= 40
    refused = livemon("compare", "base_s0", "ours_s0", "-o", "c.gif", "--paper", cwd=groups)
    assert refused.returncode == 2 and "not a figure for a paper" in refused.stderr


def test_what_a_moving_picture_cannot_be(groups: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options of still pictures are refused, and so is an .mp4 without ffmpeg: nothing is written."""
    for words in (["--each"], ["--paper"], ["--format", "png"], ["--width", "3"]):
        done = livemon("plot", "base_s0", "-o", "run.gif", *words, cwd=groups)
        assert done.returncode != 0 and "leave out --each" in done.stderr
    monkeypatch.setenv("PATH", "")
    done = livemon("plot", "base_s0", "-o", "run.mp4", cwd=groups)
    assert done.returncode != 0 and "ffmpeg, which is not installed" in done.stderr and "Traceback" not in done.stderr
    assert not [path for path in groups.iterdir() if path.suffix in (".gif", ".mp4")]


def test_a_style_sheet_is_for_a_figure_for_a_paper(groups: Path, livemon: Command, tmp_path: Path) -> None:
    """`plot --paper --style FILE.mplstyle` draws at the sheet's size, as `compare` does; without --paper, or where the
    sheet is not there, it is an error that says what to do."""
    sheet = tmp_path / "my.mplstyle"
    sheet.write_text("figure.figsize: 5, 3\nsavefig.dpi: 100\n")
    picture = tmp_path / "paper.png"
    done = livemon("plot", groups / "base_s0", "--paper", "--style", str(sheet), "-o", str(picture), cwd=groups)
    assert done.returncode == 0, done.stderr
    width = int.from_bytes(picture.read_bytes()[16:20], "big")
    plain = tmp_path / "plain.png"
    livemon("plot", groups / "base_s0", "--paper", "--width", "5", "-o", str(plain), cwd=groups)
    assert width == int.from_bytes(plain.read_bytes()[16:20], "big")
    refused = {("--style", str(sheet)): "add --paper", ("--paper", "--style", "no.mplstyle"): "does not exist",
               ("--paper", "--style", "dark"): "a look of its own", ("--style", "blue"): "FILE.mplstyle"}
    for words, why in refused.items():
        done = livemon("plot", groups / "base_s0", *words, "-o", str(picture), cwd=groups)
        assert done.returncode and why in done.stderr, done.stderr
