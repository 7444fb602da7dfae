"""The options of `livemon ls`, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from livemon.analysis.run_set.filters import COLUMNS, Filter, parse_filter
from livemon.commands.run_overview import OVERVIEW_FIELDS

__all__ = ["ListRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Which runs to list, in which order and with which columns; see `livemon ls --help`.

    Attributes:
        base: The folder of runs.
        words: The filters as typed.
        sort: A key; "-KEY": the highest first. None: runs with problems first.
        limit: The largest number of runs in the list.
        form: The format of the table.
        columns: Further settings, metrics and facts to show.
        name_pattern: See `MultiExperimentLoader`.
        join: Whether to treat the folders in which a run went on as one run.
        header: The column names of a file that has only numbers; () if files have their own.
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
        """The conditions for a run to be listed.

        Raises:
            ValueError: A word is not a valid filter.
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
        """Whether the filters or the order need a look at each run."""
        return any(key in (*OVERVIEW_FIELDS, "steps", "epochs") for key in self.asked)
