from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.testing import ScriptedWriter

Command = Callable[..., subprocess.CompletedProcess[str]]
SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Six runs without a config, of two methods and three seeds each, and an empty one."""
    for method, level in (("base", 2.0), ("ours", 1.0)):
        for seed in range(3):
            writer = ScriptedWriter(tmp_path / f"{method}_s{seed}" / "logs" / "metrics.csv", ["step", "val_loss"])
            for step in range(5):
                writer.append(step=step, val_loss=level + 1 / (step + 1) + seed**level / 50)
    ScriptedWriter(tmp_path / "empty" / "logs" / "metrics.csv", ["step", "val_loss"])
    return tmp_path


def test_compare_prints_a_leaderboard(tmp_path: Path, livemon: Command) -> None:
    """`compare` of a folder of runs: best first with an arrow, differing settings, problems on standard error."""
    done = livemon("compare", SEED_LAYOUT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:4] == ["run", "best", "val_loss", "↓"] and "learning_rate" in lines[0]
    assert lines[1].startswith("lr1.0") and len(lines) == 6
    assert "diverged_nan: val_loss ends as NaN" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_compare_for_programs(tmp_path: Path, livemon: Command) -> None:
    """`--json` and `--csv` are read by their own parsers, `--markdown` and `--latex` have the best in bold."""
    found = json.loads(livemon("compare", SEED_LAYOUT, "--json", cwd=tmp_path).stdout)
    assert found["metric"] == "val_loss" and found["better"] == "less"
    first = found["rows"][0]
    assert (first["run"], first["path"], first["best_step"]) == ("lr1.0", str(SEED_LAYOUT / "lr1.0"), 200)
    assert first["settings"]["learning_rate"] == 1.0
    assert next(row for row in found["rows"] if row["run"] == "diverged_nan")["final"] == "NaN"
    rows = list(csv.DictReader(io.StringIO(livemon("compare", SEED_LAYOUT, "--csv", cwd=tmp_path).stdout)))
    assert float(rows[0]["best"]) == pytest.approx(0.00928, abs=1e-5) and rows[0]["metric"] == "val_loss"
    assert rows[0]["path"] == first["path"] and float(rows[0]["learning_rate"]) == 1.0
    assert "**0.00928**" in livemon("compare", SEED_LAYOUT, "--markdown", cwd=tmp_path).stdout
    latex = livemon("compare", SEED_LAYOUT, "--latex", cwd=tmp_path).stdout
    assert r"\toprule" in latex and r"\textbf{0.00928}" in latex and r"val\_loss $\downarrow$" in latex


def test_several_tables_stay_apart(groups: Path, livemon: Command) -> None:
    """Groups, tests and importance: one JSON document, one CSV table, and elsewhere tables with a line that says what
    each holds, an empty line between them."""
    words = ["compare", "base_s*", "ours_s*", "--importance"]
    found = json.loads(livemon(*words, "--json", cwd=groups).stdout)
    assert found["importance"][0]["setting"] == "variant" and len(found["comparisons"]) == 1
    assert found["rows"][0]["n"] == 3 and found["rows"][0]["low"] < found["rows"][0]["mean"] < found["rows"][0]["high"]
    rows = list(csv.DictReader(io.StringIO(livemon(*words, "--csv", cwd=groups).stdout)))
    assert [row["setting"] for row in rows] == ["variant"]
    blocks = livemon(*words, "--markdown", cwd=groups).stdout.split("\n\n")
    assert [block.split()[1] for block in blocks[::2]] == ["group", "a", "setting"]
    assert blocks[1] == "mean [95 % t interval] of the final values"
    assert blocks[3].startswith("paired t-test of the final values, paired by seed; effect:")
    latex = livemon(*words, "--latex", "--test", "mannwhitney", cwd=groups).stdout.split("\n\n")
    assert [block.split("\n")[1] for block in latex] == [r"\begin{tabular}{ll}", r"\begin{tabular}{llrrrrrrl}",
                                                         r"\begin{tabular}{llrrrrrl}"]
    assert latex[1].startswith("% Wilcoxon's signed-rank test of the final values, paired by seed")


def test_compare_labels_and_pictures(tmp_path: Path, livemon: Command) -> None:
    """`PATH=LABEL` names a run; -o saves a picture, with --paper or --width one for a paper."""
    words = [f"{SEED_LAYOUT / 'lr0.1'}=slow", f"{SEED_LAYOUT / 'lr1.0'}=fast"]
    done = livemon("compare", *words, "-o", "all.png", cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["fast", "slow"]
    assert (tmp_path / "all.png").stat().st_size > 10_000
    assert livemon("compare", *words, "-o", "fig.pdf", "--width", "3.25", cwd=tmp_path).returncode == 0
    assert livemon("compare", *words, "-o", "first.png", "--until", "100", cwd=tmp_path).returncode == 0
    assert (tmp_path / "first.png").read_bytes() != (tmp_path / "all.png").read_bytes()
    assert b"/Type3" not in (tmp_path / "fig.pdf").read_bytes()


def test_compare_groups_by_patterns(groups: Path, livemon: Command) -> None:
    """Patterns are groups: the better one first with its interval and n, the test below, and how few runs there are."""
    done = livemon("compare", "base_s*", "ours_s*", "--test", "permutation", cwd=groups)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("ours ") and "(n = 3)" in lines[1]
    assert "too few runs to tell" in done.stdout
    assert "cannot give a p below" in done.stderr
    found = json.loads(livemon("compare", "base_s*", "ours_s*", "--json", cwd=groups).stdout)
    assert found["comparisons"][0]["verdict"] == "ours is better" and found["comparisons"][0]["paired"]
    assert livemon("compare", "base_s*", "ours_s*", "--paper", "-o", "fig.svg", cwd=groups).returncode == 0
    drawn = re.findall(r"<!-- (base|ours|.+ \(n = 3\)) -->", (groups / "fig.svg").read_text())
    assert sorted(drawn) == ["band: 95 % t interval of runs (n = 3)", "base", "ours"]


def test_patterns_that_read_the_same_are_two_groups(groups: Path, livemon: Command) -> None:
    """Patterns that end alike in two folders are named by all of their words; none takes the other's place."""
    for seed in range(2):
        writer = ScriptedWriter(groups / "b" / f"base_s{seed}" / "logs" / "metrics.csv", ["step", "val_loss"])
        writer.append(step=0, val_loss=3.0 + seed)
    found = json.loads(livemon("compare", "base_s*", "b/base_s*", "--json", cwd=groups).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["b/base_s*", "base"]


def test_words_beside_a_pattern_are_groups(groups: Path, livemon: Command) -> None:
    """Where one word is a pattern each word is a group, a single run, too; a run is in the first that means it."""
    found = json.loads(livemon("compare", "base_s0", "base_s*", "ours_s*=us", "--json", cwd=groups).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["base", "base_s0", "us"]
    assert next(row["n"] for row in found["rows"] if row["group"] == "base") == 2
    done = livemon("compare", "base_s*", "base_s0", cwd=groups)
    assert done.returncode == 2 and "are in the groups before it already" in done.stderr


def test_patterns_with_an_equals_sign(tmp_path: Path, livemon: Command) -> None:
    """A `=` in a folder's name is no label's."""
    for name in ("lr=0.1_s0", "lr=0.1_s1", "lr=0.2_s0", "lr=0.2_s1"):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "val_loss"])
        writer.append(step=0, val_loss=float(len(name)))
        writer.append(step=1, val_loss=float(name[-1]) + float(name[3:6]))
    found = json.loads(livemon("compare", "lr=0.1_s*", "lr=0.2_s*=big", "--json", cwd=tmp_path).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["big", "lr=0.1"]


def test_compare_groups_by_settings_in_names(groups: Path, livemon: Command) -> None:
    """Without a config the names say the settings: by a guess, or by a pattern; an empty run is set aside and said."""
    done = livemon("compare", ".", "--group-by", "all", cwd=groups)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["ours", "base"], done.stdout
    assert "empty is empty: set aside" in done.stderr
    done = livemon("compare", ".", "--name-pattern", "{method}_s{seed}", "--group-by", "method", cwd=groups)
    assert done.stdout.splitlines()[1].startswith("method=ours")


@pytest.mark.parametrize(("words", "message"), [
    (["compare", "nothing_here"], "nothing at nothing_here"),
    (["compare", "none_*"], "no run matches 'none_*'"),
    (["compare", ".", "--metric", "nope"], "no run has the metric 'nope'"),
    (["compare", ".", "--group-by", "depth"], "no run has the setting 'depth'"),
    (["compare", ".", "--test", "anova"], "--test: 'anova' is none of welch"),
    (["compare", ".", "--json", "--csv"], "a table has one format"),
    (["compare", ".", "--metric", "vall_loss"], "did you mean val_loss? there are val_loss"),
    (["compare", ".", "--group-by", "all", "--x", "wall"], "no run has the x 'wall'; there are step, row, and the"),
    (["compare", ".", "--log", "nope", "-o", "a.png"], "--log: no run has the metric 'nope'; there are val_loss"),
    (["compare", ".", "--paper"], "--paper: this is about a picture, and none is asked for"),
    (["compare", "nothing_here", "-o", "a.jpg"], "a picture's name ends in .png, .pdf or .svg"),
    (["compare", "nothing_here", "-o", "none/a.png"], "the folder none is not there"),
    (["plot", "base_s0", "-o", "a.jpg"], "a picture's name ends in .png, .pdf or .svg"),
    (["plot", "base_s0", "--each", "-o", "a.pdf"], "for --each name a folder"),
    (["ls", ".", "vall_loss<3"], "no run has 'vall_loss'; did you mean val_loss?"),
    (["ls", ".", "seed=>1"], "=> is no sign; >= is meant"),
    (["ls", ".", "what"], "'what' is no filter"),
    (["ls", ".", "--sort", "nope"], "--sort: no run has 'nope'"),
    (["ls", "nothing"], "no runs in"),
    (["checkpoints", "base_s0"], "no checkpoints in"),
])
def test_errors_are_a_line(words: list[str], message: str, groups: Path, livemon: Command) -> None:
    """What cannot be done is a line that says why and exit status 2, never a traceback."""
    (groups / "nothing").mkdir()
    done = livemon(*words, cwd=groups)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert done.stdout == "" and not list(groups.glob("a.*"))


def test_ls_filters_sorts_and_limits(tmp_path: Path, livemon: Command) -> None:
    """`ls` shows the runs whose settings, metrics and state are as asked, sorted, and counts the others."""
    done = livemon("ls", SEED_LAYOUT, "lr>=0.5", "state!=stalled", "--sort", "-val_loss", "--limit", "2", cwd=tmp_path)
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert shown == ["run", str(SEED_LAYOUT / "baseline_lr0.5"), str(SEED_LAYOUT / "lr1.0")]
    assert "2 of 5 runs; 1 more" in done.stderr
    rows = json.loads(livemon("ls", SEED_LAYOUT, "run~^lr", "--json", cwd=tmp_path).stdout)
    assert {row["run"]: row["steps"] for row in rows} == {"lr0.1": 200, "lr1.0": 200}
    assert rows[0]["path"] == str(SEED_LAYOUT / "lr0.1") and 1 < rows[0]["took"] < 10 and rows[0]["age"] > 0


def test_ls_finds_runs_however_deep(tmp_path: Path, livemon: Command) -> None:
    """`ls` finds the runs in the folders below, told apart by as much of their paths as that needs; what it shows can
    be typed."""
    rows = json.loads(livemon("ls", SEED_LAYOUT.parents[1], "--json", cwd=tmp_path).stdout)
    assert {"lr0.1", "lightning_csv_nan/lightning_logs/version_0"} <= {row["run"] for row in rows}
    shutil.copytree(SEED_LAYOUT / "lr0.1", tmp_path / "all runs" / "deep" / "lr0.1")
    assert "\n'all runs/deep/lr0.1' " in livemon("ls", "all runs", cwd=tmp_path).stdout


def test_clearing_the_cache(tmp_path: Path, own_cache: Path, livemon: Command) -> None:
    """`ls` keeps summaries in the cache folder alone, and --clear-cache deletes them."""
    livemon("ls", SEED_LAYOUT, cwd=tmp_path)
    assert (own_cache / "summaries.sqlite").is_file()
    assert "cleared" in livemon("ls", "--clear-cache", cwd=tmp_path).stderr
    assert not (own_cache / "summaries.sqlite").exists()


def test_checkpoints(tmp_path: Path, livemon: Command) -> None:
    """`checkpoints` lists them and says which is the last before the first NaN; --weights reads one."""
    done = livemon("checkpoints", SEED_LAYOUT / "diverged_nan", cwd=tmp_path)
    assert "the last checkpoint before it is checkpoint_step_100.pt" in done.stderr
    assert len(done.stdout.splitlines()) == 7
    pytest.importorskip("torch")
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "checkpoint_step_100.pt", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)[0]["change"] > 0
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "step_10", cwd=tmp_path)
    assert done.returncode == 2 and "no checkpoint 'step_10'" in done.stderr
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "step_100", cwd=tmp_path)
    assert done.returncode == 0 and "checkpoint_step_100.pt, changes since checkpoint_step_50.pt" in done.stderr
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "model", cwd=tmp_path)
    assert "'model' can be best_model.pt, final_model.pt: name one" in done.stderr


def test_plot_of_a_folder_of_runs(groups: Path, livemon: Command) -> None:
    """Of several runs the newest is plotted, and a line says what draws them together."""
    shutil.rmtree(groups / "empty")
    done = livemon("plot", ".", "-o", "one.png", cwd=groups)
    assert done.returncode == 0 and "is the newest of 6 runs" in done.stderr
    assert "all together: livemon compare . -o compared.png" in done.stderr


def test_plot_each_and_paper(groups: Path, livemon: Command) -> None:
    """`plot --each` saves a picture a metric; with -o FILE the dashboard, or with --paper one for a paper."""
    assert livemon("plot", "base_s0", "--each", "-o", "out", cwd=groups).returncode == 0
    assert [path.name for path in (groups / "out").iterdir()] == ["val_loss_base_s0.png"]
    assert livemon("plot", "base_s0", "--each", "-o", "each", "--format", "pdf", cwd=groups).returncode == 0
    assert (groups / "each" / "val_loss_base_s0.pdf").read_bytes().startswith(b"%PDF")
    livemon("plot", "base_s0", "-o", "one.svg", "--style", "dark", cwd=groups)
    livemon("plot", "base_s0", "--paper", "-o", "fig.pdf", cwd=groups)
    assert (groups / "one.svg").is_file() and (groups / "fig.pdf").read_bytes().startswith(b"%PDF")


def test_ls_of_a_run_is_that_run(tmp_path: Path, livemon: Command) -> None:
    """`ls` of a run's own folder lists the run, and takes no folder in it for one."""
    writer = ScriptedWriter(tmp_path / "exp" / "logs" / "metrics.csv", ["step", "loss"])
    writer.append(step=0, loss=1.0)
    done = livemon("ls", "exp", "--json", cwd=tmp_path)
    assert [row["run"] for row in json.loads(done.stdout)] == ["exp"], done.stdout + done.stderr
