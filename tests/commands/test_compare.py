
import csv
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon.testing import ScriptedWriter
from livemon.views.mpl import picture

Command = Callable[..., subprocess.CompletedProcess[str]]
SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"


def test_compare_prints_a_leaderboard(tmp_path: Path, livemon: Command) -> None:
    """`compare` of a folder of runs: best first with an arrow, differing settings, problems on standard error."""
    done = livemon("compare", SEED_LAYOUT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:4] == ["run", "final", "val_loss", "↓"] and "learning_rate" in lines[0]
    assert lines[1].startswith("lr1.0") and len(lines) == 7 and lines[-1] == "ranked by final values"
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
    assert r"\toprule" in latex and r"\textbf{0} & \textbf{.00928}" in latex and r"val\_loss $\downarrow$" in latex


def test_files_of_one_folder(tmp_path: Path, livemon: Command) -> None:
    """Runs that are files of one folder are told apart by the files' names: in the table, in pictures, in plots."""
    for name, scale in (("base", 2.0), ("ours", 1.0)):
        rows = "".join(f"{step},{scale / (1 + step)}\n" for step in range(20))
        (tmp_path / f"{name}.csv").write_text(f"step,val_loss\n{rows}")
    done = livemon("compare", "base.csv", "ours.csv", "--csv", cwd=tmp_path)
    assert [line.split(",")[0] for line in done.stdout.splitlines()[1:]] == ["ours", "base"]
    for name in ("base", "ours"):
        assert livemon("plot", f"{name}.csv", cwd=tmp_path).returncode == 0
        assert livemon("watch", f"{name}.csv", "--once", "-o", ".", cwd=tmp_path).returncode == 0
    assert {path.name for path in tmp_path.glob("livemon_*.png")} == {"livemon_base.png", "livemon_ours.png"}
    assert {"dashboard_base.png", "dashboard_ours.png"} <= {path.name for path in (tmp_path / "plots").iterdir()}


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
    assert blocks[1].startswith("mean [95 % t interval] of the final values of n runs, as logged; bold: the best, and")
    assert blocks[3].startswith("paired t-test of the final values; paired by seed: one run per seed in each")
    latex = livemon(*words, "--latex", "--test", "mannwhitney", cwd=groups).stdout.split("\n\n")
    assert all(block.startswith(r"\begin{tabular}{l") for block in latex)
    assert latex[1].splitlines()[-1].startswith(r"% \caption{Wilcoxon's signed-rank test of the final values; paired")


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
    assert lines[1].startswith("ours ") and lines[1].endswith("*  3")
    assert "too few runs to tell" in done.stdout
    assert "cannot give a p below" in done.stderr
    found = json.loads(livemon("compare", "base_s*", "ours_s*", "--json", cwd=groups).stdout)
    assert found["comparisons"][0]["verdict"] == "ours is better" and found["comparisons"][0]["paired"]
    assert livemon("compare", "base_s*", "ours_s*", "--paper", "-o", "fig.svg", cwd=groups).returncode == 0
    drawn = re.findall(r">(base|ours|[^<>]+ \(n = 3\))</text>", (groups / "fig.svg").read_text("utf-8"))
    assert sorted(drawn) == ["base", "line and band: mean and 95 % t interval (n = 3)", "ours"]


def test_compare_groups_by_settings_in_names(groups: Path, livemon: Command) -> None:
    """Without a config the names say the settings: by a guess, or by a pattern; an empty run is set aside and said."""
    done = livemon("compare", ".", "--group-by", "all", cwd=groups)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["ours", "base"], done.stdout
    assert "empty is empty: set aside" in done.stderr
    done = livemon("compare", ".", "--name-pattern", "{method}_s{seed}", "--group-by", "method", cwd=groups)
    assert done.stdout.splitlines()[1].startswith("method=ours")


@pytest.mark.parametrize(("words", "message"), [
    (["compare", "nothing_here"], "nothing_here does not exist; did you mean nothing?"),
    (["compare", "none_*"], "no run matches 'none_*'"),
    (["compare", ".", "--metric", "nope"], "no run has the metric 'nope'"),
    (["compare", ".", "--group-by", "depth"], "no run has the setting 'depth'"),
    (["compare", ".", "--test", "anova"], "--test: 'anova' is not one of welch"),
    (["compare", ".", "--json", "--csv"], "a table has one format"),
    (["compare", ".", "--metric", "vall_loss"], "did you mean val_loss? there are val_loss"),
    (["compare", ".", "--group-by", "all", "--x", "wall"], "no run has the x 'wall'; there are step, row, and the"),
    (["compare", ".", "--log", "nope", "-o", "a.png"], "--log: no run has the metric 'nope'; there are val_loss"),
    (["compare", ".", "--paper"], "--paper: this needs a picture; name one"),
    (["compare", "nothing_here", "-o", "a.jpg"], "a picture's name ends in .png, .pdf, .svg, .html, .csv, .gif or"),
    (["compare", "nothing_here", "-o", "none/a.png"], "the folder none does not exist"),
    (["plot", "base_s0", "-o", "a.jpg"], "a picture's name ends in .png, .pdf, .svg or .html"),
    (["plot", "base_s0", "--each", "-o", "a.pdf"], "for --each name a folder"),
    (["ls", ".", "vall_loss<3"], "no run has 'vall_loss'; did you mean val_loss?"),
    (["ls", ".", "seed=>1"], "=> is not a valid operator; >= is meant"),
    (["ls", ".", "what"], "'what' is not a valid filter"),
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


def test_the_verdict_is_that_of_the_test_that_was_made(tmp_path: Path, livemon: Command) -> None:
    """Nine of ten `ours` beat every `base`, the tenth failed: the rank test's verdict is `ours`, and it is said that
    the means point the other way."""
    for run in range(10):
        for name, value in (("base", 1.0 + run / 100), ("ours", 0.5 + run / 100 if run < 9 else 40.0)):
            writer = ScriptedWriter(tmp_path / f"{name}_{run}" / "logs" / "metrics.csv", ["step", "val_loss"])
            for step, one in enumerate((9.0, value)):
                writer.append(step=step, val_loss=one)
    done = livemon("compare", "base_*", "ours_*", "--test", "mannwhitney", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ours is better" in done.stdout and "Hodges and Lehmann's shift" in done.stdout
    assert "the means point the other way" in done.stderr


def test_the_test_that_was_made_has_its_name(groups: Path, livemon: Command) -> None:
    """Of pairs JSON says "paired t-test", else "Welch's t-test", and each comparison names its effect."""
    for how, test, effect in (("seed", "paired t-test", "d_z with Hedges' correction"),
                              ("none", "Welch's t-test", "Hedges' g")):
        found = json.loads(livemon("compare", "base_s*", "ours_s*", "--pair", how, "--json", cwd=groups).stdout)
        (row,) = found["comparisons"]
        assert (found["test"], row["test"], row["effect_kind"]) == (test, test, effect)


def test_a_sentence_for_a_paper(groups: Path, livemon: Command) -> None:
    """Two groups are a sentence below the tables, and in JSON; JSON has the standard deviation of each group."""
    shown = livemon("compare", "base_s*", "ours_s*", cwd=groups).stdout
    found = json.loads(livemon("compare", "base_s*", "ours_s*", "--json", cwd=groups).stdout)
    (row,) = found["comparisons"]
    assert shown.splitlines()[-1] == f"for your paper: {row['sentence']}"
    assert "paired t-test of 3 pairs, t(2) = " in row["sentence"]
    assert all(group["std"] > 0 for group in found["rows"])


def test_one_pattern_is_a_list_of_runs(groups: Path, livemon: Command) -> None:
    """One pattern in quotes names runs, each a row; two patterns are groups."""
    runs = json.loads(livemon("compare", "*_s*", "--json", cwd=groups).stdout)
    assert {row["run"] for row in runs["rows"]} >= {"base_s0", "ours_s0"} and "comparisons" not in runs
    both = json.loads(livemon("compare", "base_s*", "ours_s*", "--json", cwd=groups).stdout)
    assert [row["group"] for row in both["rows"]] == ["ours", "base"]


@pytest.mark.parametrize("words", [["--test", "welch"], ["--pair", "seed"], ["--band", "t"]])
def test_options_of_groups_without_groups(words: list[str], groups: Path, livemon: Command) -> None:
    """An option about groups where there are none is an error that says how to ask for them."""
    done = livemon("compare", "*_s*", *words, cwd=groups)
    assert done.returncode == 2 and "--group-by" in done.stderr and words[0] in done.stderr


def test_the_number_is_chosen_and_named(groups: Path, livemon: Command) -> None:
    """--at names the number that ranks table and picture; what is none is an error that names what there is."""
    done = livemon("compare", "base_s*", "ours_s*", "--at", "last:50%", "-o", "x.png", cwd=groups)
    assert done.returncode == 0 and "of the means of the last 50 %" in done.stdout, done.stderr
    wrong = livemon("compare", "base_s*", "ours_s*", "--at", "end", cwd=groups)
    assert wrong.returncode == 2 and "--at: 'end' is not one of final, best, auc, common, step:N" in wrong.stderr


def test_importance_is_drawn(tmp_path: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 19: `--importance -o` draws the settings of the table into the picture, -o without it does not."""
    for number in range(8):
        run = tmp_path / "runs" / f"r{number}"
        run.mkdir(parents=True)
        (run / "config.json").write_text(json.dumps({"lr": 0.1 * (number + 1)}))
        (run / "metrics.csv").write_text(f"step,train_loss\n1,{number + 2}\n2,{number + 1}\n")
    drawn: list[Any] = []
    render = picture.render
    monkeypatch.setattr(picture, "render", lambda board, *how: drawn.append(board) or render(board, *how))
    for words in ([], ["--importance"]):
        done = livemon("compare", "runs", "-o", "all.png", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    without, board = drawn
    assert [panel.key for panel in without.panels] == [panel.key for panel in board.panels[:-1]]
    assert [row.label.split()[0] for row in board.panels[-1].rows] == ["lr"] and board.panels[-1].span == board.columns


def test_what_a_test_cannot_say_is_left_out(groups: Path, livemon: Command) -> None:
    """Issue 19: of three runs each ranks have no 95 % interval: the table has "-" and no NaN, and a note says why."""
    for words in (["--middle", "median"], ["--test", "mannwhitney"]):
        done = livemon("compare", "base_s*", "ours_s*", "--pair", "none", *words, cwd=groups)
        assert "NaN" not in done.stdout and "low and high are left out where" in done.stderr, done.stdout
    programs = json.loads(livemon("compare", "base_s*", "ours_s*", "--pair", "none", "--middle", "median", "--json",
                                  cwd=groups).stdout)
    assert programs["comparisons"][0]["low"] is None


def test_several_metrics_in_one_table_and_one_picture(groups: Path, livemon: Command) -> None:
    """Repeated `--metric` are columns, rows of tests and panels, under the names that were given; p is not corrected
    where there is one pair; JSON names each comparison's metric, CSV has a row for each group and metric."""
    for number, folder in enumerate(sorted(groups.glob("*_s*"))):
        path = folder / "logs" / "metrics.csv"
        head, *rows = path.read_text("utf-8").splitlines()
        path.write_text("\n".join([f"{head},points", *(f"{row},{number + place / 10}" for place, row in
                                                       enumerate(rows))]) + "\n", "utf-8")
    words = ["compare", "base_s*", "ours_s*", "--metric", "val_loss=Loss", "--metric", "points:max=Score"]
    done = livemon(*words, "-o", "a.svg", cwd=groups)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["group", "Loss", "↓", "Score", "↑", "n"] and "p_holm" not in done.stdout
    assert sum(line.startswith(("Loss ", "Score ")) for line in lines) == 2
    assert sum(line.startswith("for your paper: ") for line in lines) == 2
    drawn = re.findall(r">(final Loss|Loss|final Score|Score)</text>", (groups / "a.svg").read_text("utf-8"))
    assert set(drawn) == {"final Loss", "Loss", "final Score", "Score"}
    whole = json.loads(livemon(*words, "--json", cwd=groups).stdout)
    assert [one["metric"] for one in whole["comparisons"]] == whole["metrics"] == ["val_loss", "points"]
    rows = list(csv.DictReader(io.StringIO(livemon(*words, "--csv", cwd=groups).stdout)))
    assert [(row["group"], row["metric"]) for row in rows] == [
        ("ours", "val_loss"), ("ours", "points"), ("base", "val_loss"), ("base", "points")]
    done = livemon("compare", ".", "--metric", "val_loss", "--metric", "points", "--baseline", "base_s0",
                   "--limit", "2", cwd=groups)
    assert "the first 2 of 6 runs" in done.stderr and len(done.stdout.splitlines()) == 4
    assert "Δ points" in done.stdout and "Δ: the difference to base_s0" in done.stdout
    assert "--group-by all compares these groups" in done.stderr


def test_each_against_a_baseline(groups: Path, livemon: Command) -> None:
    """`--baseline` tests each group with that one only, and corrects p over these; a name that no group has is an
    error that names the groups."""
    words = ["compare", "base_s*", "ours_s0", "ours_s[12]", "--baseline"]
    table = json.loads(livemon(*words, "base", "--json", cwd=groups).stdout)["comparisons"]
    assert [(row["a"], row["b"]) for row in table] == [("ours_s0", "base"), ("ours_s[12]", "base")]
    done = livemon(*words, "nope", cwd=groups)
    assert done.returncode == 2 and "the baseline 'nope' is not a group; the groups are base" in done.stderr


def test_axes_are_chosen(groups: Path, livemon: Command) -> None:
    """`--xlim`, `--ylim`, `--log-x` and `--lines` change the picture and not the table; --until is --xlim :X."""
    words = ["compare", "base_s*", "ours_s*", "--paper"]
    table = livemon(*words, "-o", "plain.svg", cwd=groups).stdout.replace("plain.svg", "")
    drawn = {"plain.svg": (groups / "plain.svg").read_bytes()}
    for name, more in (("xlim.svg", ["--xlim", ":1"]), ("ylim.svg", ["--ylim", "0:20"]), ("log.svg", ["--log-x"]),
                       ("lines.svg", ["--lines"]), ("until.svg", ["--until", "1"])):
        done = livemon(*words, *more, "-o", name, cwd=groups)
        assert done.returncode == 0 and done.stdout.replace(name, "") == table, done.stderr
        drawn[name] = (groups / name).read_bytes()
    paths = {name: re.findall(rb' d="([^"]+)"', svg) for name, svg in drawn.items()}
    assert paths["xlim.svg"] == paths["until.svg"]
    assert len({tuple(one) for name, one in paths.items() if name != "until.svg"}) == 5
    assert b"thin: single runs" in drawn["lines.svg"]


@pytest.mark.parametrize(("words", "message"), [
    (["--xlim", "5"], "--xlim: '5' is not a range; write LOW:HIGH"), (["--xlim", "9:1"], "is not a range"),
    (["--ylim", "val_loss=a:b"], "--ylim: 'a:b' is not a range"),
    (["--ylim", "1:2", "--ylim", "2:3"], "has two ranges"),
    (["--ylim", "nope=1:2"], "--ylim: no run has the metric 'nope'"),
    (["--xlim", ":5", "--until", "5"], "--until: the same as --xlim :X"), (["--lines"], "--lines: this needs groups"),
    (["--style", "nope"], "--style: 'nope' is not one of light, dark or FILE.mplstyle"),
    (["--style", "no.mplstyle"], "--style: no.mplstyle does not exist"),
    (["--outline-text"], "--outline-text is for .svg pictures"),
])
def test_what_cannot_be_drawn_is_an_error(words: list[str], message: str, groups: Path, livemon: Command) -> None:
    """Ranges, styles and groups that are none are errors that say what can be asked for."""
    done = livemon("compare", ".", "-o", "a.png", *words, cwd=groups)
    assert done.returncode == 2 and message in done.stderr, done.stderr
    assert not (groups / "a.png").exists()


def test_the_points_drawn_and_a_page(groups: Path, livemon: Command) -> None:
    """`-o x.csv` has the points of the curves with band and n, `-o x.html` the figure of Plotly with all it needs; a
    style sheet's colours and fonts are in the figure for a paper."""
    assert livemon("compare", "base_s*", "ours_s*", "-o", "x.csv", cwd=groups).returncode == 0
    rows = list(csv.DictReader(io.StringIO((groups / "x.csv").read_text("utf-8"))))
    assert list(rows[0]) == ["metric", "label", "step", "middle", "low", "high", "n", "logged"]
    assert {(row["label"], row["n"]) for row in rows} == {("base", "3"), ("ours", "3")}
    pytest.importorskip("plotly")
    assert livemon("compare", "base_s*", "ours_s*", "-o", "x.html", cwd=groups).returncode == 0
    page = (groups / "x.html").read_text("utf-8")
    assert "Plotly.newPlot" in page and 'src="http' not in page
    colours = "cycler('color', ['123456', 'abcdef'])"
    (groups / "a.mplstyle").write_text(f"font.family: monospace\naxes.prop_cycle: {colours}\n")
    words = ["compare", "base_s*", "ours_s*", "--paper", "--style", "a.mplstyle", "-o", "fig.svg"]
    assert livemon(*words, cwd=groups).returncode == 0
    drawn = (groups / "fig.svg").read_text("utf-8")
    assert "#123456" in drawn and "#abcdef" in drawn and "monospace" in drawn

def test_a_number_that_is_not_there_is_no_nan(tmp_path: Path, livemon: Command) -> None:
    """NaN is what a run logged; a run without the metric, or that does not reach the step, has "-" in text, Markdown
    and LaTeX ("--"), a blank cell in CSV and null in JSON."""
    texts = {"a": "step,val_loss\n0,1.5\n10,1.2\n", "bad": "step,val_loss\n0,1.25\n10,nan\n",
             "other": "step,train_loss\n0,1.5\n10,1\n", "short": "step,val_loss\n0,1\n5,0.9\n"}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(text)
    words = ["compare", ".", "--metric", "val_loss", "--at", "step:10"]
    lines = livemon(*words, cwd=tmp_path).stdout.splitlines()
    assert [line.split()[:5] for line in lines[1:5]] == [
        ["a", "1.200", "1.200", "10", "1.200"], ["bad", "NaN", "1.250", "0", "NaN"], ["other", "-", "-", "-", "-"],
        ["short", "-", "0.900", "5", "0.900"]]
    assert "| other | - | - | - | - |" in livemon(*words, "--markdown", cwd=tmp_path).stdout
    assert r"other & \multicolumn{2}{c}{--} & \multicolumn{2}{c}{--} & --" in livemon(*words, "--latex",
                                                                                     cwd=tmp_path).stdout
    rows = {row["run"]: row for row in csv.DictReader(livemon(*words, "--csv", cwd=tmp_path).stdout.splitlines())}
    assert [rows[name]["value"] for name in texts] == ["1.2", "NaN", "", ""]
    assert (rows["short"]["final"], rows["other"]["final"], rows["other"]["best_step"]) == ("0.9", "", "")
    document = json.loads(livemon(*words, "--json", cwd=tmp_path).stdout)
    values = {row["run"]: row["value"] for row in document["rows"]}
    assert values == {"a": 1.2, "bad": "NaN", "other": None, "short": None}
    several = livemon("compare", ".", "--metric", "val_loss", "--metric", "train_loss", "--baseline", "a", "--csv",
                      "--at", "final", cwd=tmp_path).stdout
    cells = {(row["run"], row["metric"]): row["value"] for row in csv.DictReader(several.splitlines())}
    assert (cells["a", "train_loss"], cells["other", "val_loss"], cells["bad", "val_loss"]) == ("", "", "NaN")


def test_one_table_and_names_of_groups(groups: Path, livemon: Command) -> None:
    """`--table` prints one table, `--label` names groups, and against a baseline each comparison has its sentence."""
    words = ["compare", ".", "--group-by", "all", "--label", "base=Base", "--baseline", "Base"]
    done = livemon(*words, cwd=groups)
    assert done.returncode == 0 and "Base" in done.stdout and "for your paper: " in done.stdout, done.stderr
    tests = livemon(*words, "--table", "tests", "--csv", cwd=groups)
    assert next(csv.DictReader(io.StringIO(tests.stdout)))["b"] == "Base"
    assert livemon(*words, "--table", "main", "--latex", cwd=groups).stdout.count(r"\begin{tabular}") == 1
    alone = livemon("compare", "base_s*", "--group-by", "all", cwd=groups)
    assert "*" not in alone.stdout and "the best" not in alone.stdout  # there is nothing to be better than


def test_a_figure_and_its_points(groups: Path, livemon: Command) -> None:
    """The command of a figure gives its points with another file: single runs have rows, x its name, and what is only
    of looks is named."""
    words = ["compare", "base_s*", "ours_s*", "--lines", "--paper", "--width", "3.3", "--xlabel", "updates", "-o"]
    done = livemon(*words, "points.csv", cwd=groups)
    assert done.returncode == 0 and "--paper, --width: no effect on the points" in done.stderr, done.stderr
    rows = list(csv.DictReader(io.StringIO((groups / "points.csv").read_text())))
    assert {row["run"] for row in rows if row["label"] == "base"} == {"", *(f"base_s{seed}" for seed in range(3))}
    assert all(row["updates"] and row["middle"] for row in rows)
    assert livemon(*words, "figure.svg", "--height", "2", cwd=groups).returncode == 0
    assert ">updates</text>" in (groups / "figure.svg").read_text("utf-8")


def test_the_axis_of_a_metric_that_is_not_drawn(tmp_path: Path, livemon: Command) -> None:
    """`--log`, `--linear` and `--ylim` of a metric that is not in the picture are errors that say what is. A run's own
    spelling means the metric that is drawn under its well-known name."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,loss,acc,extra\n1,9,0.1,1\n2,8,0.2,2\n3,7,0.3,3\n")
    for option, asked in (("--log", "extra"), ("--linear", "extra"), ("--ylim", "extra=0:9")):
        for figure in ([], ["--paper"]):
            done = livemon("compare", ".", option, asked, "--metric", "acc", "-o", "p.svg", *figure, cwd=tmp_path)
            assert done.returncode == 2 and f"{option}: extra is not in p.svg, which has " in done.stderr, done.stderr
    shown = livemon("compare", ".", "--ylim", "loss=0:700", "-o", "p.svg", cwd=tmp_path)
    assert shown.returncode == 0 and ">600</text>" in (tmp_path / "p.svg").read_text("utf-8"), shown.stderr
