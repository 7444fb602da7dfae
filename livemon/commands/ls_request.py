"""What a user asks of `livemon ls`, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from livemon.analysis.run_set.filters import COLUMNS, Filter, parse_filter
from livemon.commands.look import OF_LOOK

__all__ = ["ListRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Which runs are listed, in which order, with what of them; see `livemon ls --help`.

    Attributes:
        base: The folder of runs.
        words: The filters as they were typed.
        sort: A key; "-KEY" is the highest first. None: what is wrong on top.
        limit: The list has so many runs at most.
        form: How it is printed.
        columns: Further settings, metrics and facts to show.
        name_pattern: See `MultiExperimentLoader`.
        join: Whether a run that went on in another folder is one run.
        header: The names of the columns of numbers that have none; () where they have.
    """

    base: Path
    words: tuple[str, ...] = ()
    sort: str | None = None
    limit: int | None = None
    form: Literal["text", "markdown", "latex", "csv", "json"] = "text"
    columns: tuple[str, ...] = ()
    name_pattern: str | None = None
    join: bool = True
    header: tuple[str, ...] = ()

    @property
    def filters(self) -> list[Filter]:
        """The conditions that a listed run meets.

        Raises:
            ValueError: A word is no filter.
        """
        return [parse_filter(word, COLUMNS) for word in self.words]

    @property
    def sort_key(self) -> str | None:
        """The key to sort by, without its sign."""
        return self.sort.removeprefix("-") if self.sort else None

    @property
    def asked(self) -> list[str]:
        """The keys to filter and sort by."""
        return [condition.key for condition in self.filters] + ([self.sort_key] if self.sort_key else [])

    @property
    def needs_settings(self) -> bool:
        """Whether the settings of the runs have to be read."""
        return bool(self.asked or self.columns) or self.form == "json"

    @property
    def needs_looks(self) -> bool:
        """Whether it takes a look at each run to know which are listed, and in which order."""
        return any(key in (*OF_LOOK, "steps", "epochs") for key in self.asked)
