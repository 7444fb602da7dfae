from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from livemon.listing import Listing
from livemon.readers import read_table
from livemon.readers.ray import RayTune

RUN = Path(__file__).parents[1] / "data" / "runs" / "ray_tune"


def test_a_real_trial() -> None:
    """A real trial of Ray 2.60: nested metrics are named as in Ray's own progress.csv, late ones are there, and the
    settings are settings, not columns."""
    (path,) = RayTune().find(Listing(RUN))
    reader = RayTune().open(path)
    table = read_table(reader)
    assert table.columns["training_iteration"].values.tolist() == [1, 2, 3, 4, 5]
    assert table.columns["late"].values.tolist() == [2, 3, 4]
    assert table.columns["nested/acc"].values[4] == 0.4
    assert str(table.columns["bad"].values[3]) == "nan" and len(table.columns["bad"]) == 5
    assert not [name for name in table.columns if name.startswith("config")]
    assert set(table.columns["done"].texts) == {"False"}
    assert reader.facts.config == {"lr": 0.1, "model": {"layers": 2}} and reader.facts.state is None


def test_settings_come_before_the_first_row(tmp_path: Path) -> None:
    """Before there is a row, params.json says the settings; a row's own settings are newer."""
    (tmp_path / "params.json").write_text('{"lr": 1}')
    (tmp_path / "result.json").write_text("")
    (path,) = RayTune().find(Listing(tmp_path))
    reader = RayTune().open(path)
    reader.read()
    assert reader.facts.config == {"lr": 1}
    path.write_text('{"training_iteration": 1, "loss": 2, "config": {"lr": 3}, "trial_id": "a_1", "done": true}\n')
    assert read_table(reader).n_rows == 1
    assert (reader.facts.config, reader.facts.state, reader.facts.name) == ({"lr": 3}, "finished", "a_1")


def test_any_cutting_gives_the_same(tmp_path: Path, checks: Any) -> None:
    """However the bytes come, and in the plain way, the rows are the same."""
    data = (RUN / "result.json").read_bytes()
    whole = checks.grown(tmp_path / "result.json", data, [], RayTune().open)
    for cut in range(0, len(data), 97):
        assert checks.grown(tmp_path / "result.json", data, [cut, cut + 300], RayTune().open) == whole
    assert checks.grown(tmp_path / "result.json", data, [], lambda path: RayTune().open(path, plain=True)) == whole


def test_other_results_are_not_rays(tmp_path: Path) -> None:
    """A result.json of something else is not taken."""
    (tmp_path / "result.json").write_text(json.dumps({"accuracy": 1}))
    assert RayTune().find(Listing(tmp_path)) == []


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(RayTune(), tmp_path, "result.json", (RUN / "result.json").read_bytes())
