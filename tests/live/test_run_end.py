from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.live.messages import Messages
from livemon.live.run_end import RunEnd


def test_no_rows_no_plots(new_bench: Any) -> None:
    """A run that failed before its first row has no final plots."""
    bench = new_bench(save=lambda: pytest.fail("nothing to save"))
    bench.run.state = "failed"
    bench.monitor().run()


def test_plots_that_cannot_be_saved(new_bench: Any) -> None:
    """Final plots that cannot be saved are said, and the watch ends as always."""

    def fail() -> list[Path]:
        raise RuntimeError("no fonts")

    bench = new_bench(save=fail)
    bench.run.state = "finished"
    bench.run.write()
    bench.monitor().run()
    assert any("final plots" in line and "no fonts" in line for line in bench.said)


def test_a_run_is_audited_once(fake_run: Any) -> None:
    """What was shown is read again once, and once more after the watch has moved on to another folder."""
    said: list[str] = []
    fake_run.audit = lambda seconds: ["audit: 3 rows read again, 0 differences"]
    end = RunEnd(fake_run, Messages(said.append), audit=True, save=None, show=print)
    end.audit(1.0)
    end.audit(1.0)
    assert len(said) == 1
    end.renew()
    end.audit(1.0)
    assert len(said) == 2
    end.renew()
    end.give_up_audit()
    end.audit(1.0)
    assert len(said) == 2


def test_an_audit_that_fails_is_said(fake_run: Any) -> None:
    """An audit that breaks is a message, not the end of the watch."""
    said: list[str] = []

    def explode(seconds: float) -> list[str]:
        raise RuntimeError("no memory")

    fake_run.audit = explode
    RunEnd(fake_run, Messages(said.append), audit=True, save=None, show=print).audit(1.0)
    assert said == ["audit: not done: RuntimeError: no memory"]


def test_saving_can_be_seen(fake_run: Any) -> None:
    """While the plots are saved, `saving` says so, so that a window that is closed meanwhile waits for them."""
    seen: list[bool] = []
    end = RunEnd(fake_run, Messages(print), audit=False, save=lambda: seen.append(end.saving) or [], show=print)
    end.save_plots()
    assert (seen, end.saving) == ([True], False)
