"""What the README and the pages in docs/ say is what livemon does."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader

Command = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
README = ROOT / "README.md"
RUNS = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"


TYPED = ("pip install ", "ssh box", "tmux ", "nvidia-smi ", "tail ")  # other commands than livemon's
LINE = ("exp1 ● running  step 41,230/100,000 · epoch 3 · ETA 2h10 | val_loss 1.93 (best 1.91 @ 40,500) | "
        "row 4 s ago (usually 5 s)")


def blocks(page: Path, kind: str) -> list[str]:
    """The blocks of code of one kind in a page."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```([^\n]*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [body for name, body in fenced if name == kind]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, python: Command) -> None:
    """The Python blocks of a page run, one after the other, as they stand, in a folder with some runs in `runs`."""
    shutil.copytree(RUNS, tmp_path / "runs")
    result = python("\n".join(blocks(page, "python")), cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def commands() -> list[str]:
    """Every `livemon ...` command in the README and the pages, in a block of its own or within a sentence."""
    found: set[str] = set()
    for page in (README, *PAGES):
        inside = [line.split("  #")[0].strip() for text in blocks(page, "") for line in text.splitlines()]
        inline = re.findall(r"`(livemon [^`]+)`", page.read_text(encoding="utf-8"))
        found |= {line for line in [*inside, *inline] if line.startswith("livemon ")}
    return sorted(found)


@pytest.fixture(scope="session")
def help_of(livemon: Command) -> Callable[[str], str]:
    """What `livemon COMMAND --help` prints."""

    @functools.cache
    def text(command: str) -> str:
        done = livemon(command, "--help", cwd=ROOT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return text


@pytest.mark.parametrize("command", commands())
def test_commands_exist(command: str, help_of: Callable[[str], str]) -> None:
    """Each command and option that the README or a page names is one that `--help` lists."""
    name, *words = shlex.split(command)[1:]
    words = words[: words.index("|")] if "|" in words else words  # behind it is another program
    for word in words:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", help_of(name)), f"{name} has no {word}"


# What stands around the parts that a page shows of a script: what comes before them, and what then trains.
AROUND = {
    "lightning": ("""
        import functools
        import lightning.pytorch as pl
        from lightning.pytorch.demos.boring_classes import BoringModel
        Trainer = functools.partial(pl.Trainer, max_steps=3, log_every_n_steps=1, logger=False, accelerator="cpu",
                                    enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
        class Model(BoringModel):
            def training_step(self, batch, batch_idx):
                self.log("train_loss", loss := self.step(batch))
                return loss
        """, "trainer.fit(Model())"),
    "huggingface": ("""
        import torch
        from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments
        model = GPT2LMHeadModel(GPT2Config(vocab_size=20, n_positions=8, n_embd=8, n_layer=1, n_head=1))
        data = [{"input_ids": torch.arange(8), "labels": torch.arange(8)}] * 8
        args = TrainingArguments("runs/exp1", max_steps=3, logging_steps=1, report_to="none", use_cpu=True)
        """, "trainer.train()"),
    "accelerate": ("""
        from accelerate import Accelerator
        settings = {"lr": 1e-3}
        """, "accelerator.log({'loss': 1.0}, step=3); accelerator.end_training()"),
    "keras": ("""
        import keras
        import numpy as np
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x, y = np.ones((8, 4)), np.ones(8)
        """, ""),
    "stable_baselines3": ("""
        import functools
        from stable_baselines3 import PPO
        model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=64)
        model.learn = functools.partial(lambda learn, steps, callback: learn(128, callback), model.learn)
        """, ""),
}  # fmt: skip


def parts() -> dict[str, str]:
    """The parts of scripts that the pages show, by the integration that they take LiveMonitor from."""
    found = [part for page in PAGES for part in blocks(page, "{ .python .part }")]
    return {re.findall(r"livemon_integrations\.(\w+)", part)[0]: part for part in found}


def test_every_part_is_run() -> None:
    """No page shows a part of a script that the next test does not know how to run."""
    assert sorted(parts()) == sorted(AROUND)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in ("keras", "stable_baselines3")
                                  else name for name in AROUND])  # fmt: skip
def test_a_part_of_a_script_runs(name: str, tmp_path: Path, python: Command) -> None:
    """A part of a script that a page shows records a run, as it stands, with a real trainer around it."""
    framework = {"huggingface": "transformers"}.get(name, name)
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed here")
    before, after = AROUND[name]
    program = "\n".join([textwrap.dedent(before), parts()[name], after])
    result = python(program, cwd=tmp_path, KERAS_BACKEND="torch", LIVEMON_STRICT="1")
    assert result.returncode == 0, result.stderr
    runs = [ExperimentLoader(path.parent) for path in tmp_path.rglob("livemon.json")]
    assert [(run.refresh() > 0, run.state) for run in runs] == [(True, "finished")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_code_that_is_run(page: Path) -> None:
    """Python that a page shows is run as it stands, is the whole of an example that is tested, or is said to be a part:
    then it is Python, and what it takes from livemon is there."""
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^ *```([^\n`]*python[^\n`]*)$", text, flags=re.MULTILINE)
    assert set(heads) <= {"python", "{ .python .part }", "{ .python .example }"}
    assert heads.count("{ .python .example }") == text.count('--8<-- "examples/')
    for part in blocks(page, "{ .python .part }"):
        for node in ast.walk(ast.parse(part)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = [node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                for module in modules:
                    spec = importlib.util.find_spec(str(module))
                    assert spec is not None and spec.origin is not None
                    if isinstance(node, ast.ImportFrom):
                        source = Path(spec.origin).read_text(encoding="utf-8")
                        assert all(re.search(rf"\b{one.name}\b", source) for one in node.names)


def test_what_commands_print_is_made_anew() -> None:
    """A page shows commands, and what commands print as it is when the pages are made: nothing that was typed in, but
    for the line of a run, of which the README says how it reads."""
    typed_in = []
    for page in PAGES:
        for block in blocks(page, ""):
            lines = [line for line in block.splitlines() if line.strip() and not line.startswith('--8<-- "')]
            typed_in += [line for line in lines if not line.startswith(("livemon ", *TYPED)) and line not in LINE]
    assert typed_in == []


def test_every_picture_is_made_anew() -> None:
    """Each picture that a page shows is made with the pages, light and dark alike; the moving one lies beside them."""
    maker = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    names = {name for page in PAGES for name in re.findall(r"\]\(pictures/(.+?)\.(?:png|svg)", page.read_text("utf-8"))}
    assert len(names) > 10
    assert [name for name in sorted(names) if f'"{re.sub("-(light|dark)$", "", name)}' not in maker] == []


def test_every_page_is_in_the_menu() -> None:
    """mkdocs.yml names each page."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f": {page.name}\n" not in menu] == []


def test_the_page_of_commands_has_every_option(help_of: Callable[[str], str]) -> None:
    """The page that is made from the code names each command and each option that `--help` lists."""
    spec = importlib.util.spec_from_file_location("commands_page", ROOT / "docs" / "commands.py")
    assert spec is not None and spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    parts = re.split(r"^## livemon ", maker.page(), flags=re.MULTILINE)[1:]
    known = {part.split()[0]: part for part in parts}
    assert set(known) == {"watch", "plot", "compare", "report", "ls", "checkpoints", "check", "status", "demo"}
    for command in known:
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", help_of(command))) - {"--help"}
        assert {option for option in options if option not in known[command]} == set()
    assert ": commands.md\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def test_no_page_is_built_that_needs_a_server() -> None:
    """A page for missing addresses is only ever shown by a server; opened from the disk it would be bare."""
    from mkdocs.config import load_config

    config = load_config(str(ROOT / "mkdocs.yml"))
    assert "404.html" in config.theme.static_templates
    config.plugins.run_event("config", config)
    assert "404.html" not in config.theme.static_templates
