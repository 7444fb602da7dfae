"""The settings of runs side by side."""

from __future__ import annotations

from livemon.analysis.run_set.settings import distinguishing_settings, find_key, seed_of, settings_of


def test_config_wins_over_the_name() -> None:
    """A run with a config is described by it, one without by its name; a pattern that is given wins over both."""
    configs = [{"lr": 0.5, "model": {"depth": 2}}, {}]
    found, unmatched = settings_of(["x_lr0.1", "y_lr0.2"], configs)
    assert found == [{"lr": 0.5, "model.depth": 2}, {"lr": 0.2, "variant": "y"}]
    found, unmatched = settings_of(["x_lr0.1", "other"], configs, "{who}_lr{lr}")
    assert (found[0]["lr"], unmatched) == (0.1, ["other"])


def test_what_tells_runs_apart() -> None:
    """Keys that differ in any case (names, paths, dates) tell nothing, but a model's name does."""
    one = {"lr": 0.1, "output_dir": "a", "run_name": "a", "model_name": "gpt", "wandb_id": "1", "seed": 1, "wd": None}
    other = {**one, "output_dir": "b", "run_name": "b", "model_name": "bert", "wandb_id": "2", "seed": 2}
    assert distinguishing_settings([one, other]) == ["model_name", "seed"]
    assert seed_of({"trainer.random_seed": 7}) == 7
    assert find_key("lr", [{"optim.learning_rate": 1}]) == "optim.learning_rate"


def test_a_secret_tells_no_runs_apart() -> None:
    """Keys and tokens, which differ from user to user, are no setting by which runs are named, grouped or listed."""
    configs = [{"lr": 0.1, "api_key": f"sk-{number}", "url": f"https://me:pw{number}@host/x", "token": None,
                "tokens": 5} for number in range(2)]
    settings, _ = settings_of(["a", "b"], configs)
    assert distinguishing_settings(settings) == []
