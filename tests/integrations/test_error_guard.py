"""guard.py: an error of ours costs the training nothing, and is said once."""

from __future__ import annotations

import pytest

from livemon_integrations.error_guard import Guard, guarded


class Hooked:
    """Something with hooks that fail as they are told."""

    def __init__(self, *errors: BaseException | None) -> None:
        self.guard = Guard()
        self.errors = list(errors)
        self.calls = 0

    @guarded(answer="so be it")
    def hook(self) -> str:
        """Fail, or answer."""
        self.calls += 1
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        return "well"


def test_a_failing_hook_is_left_out_after_three_failures(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A hook that raises is one warning and answers what it was told; after three failures it is not called again."""
    hooked = Hooked(error, error, error, error)
    assert [hooked.hook() for _ in range(5)] == ["so be it"] * 5
    assert hooked.calls == 3
    assert len(caplog.messages) == 1
    assert type(error).__name__ in caplog.text


def test_a_hook_that_failed_once_goes_on() -> None:
    """One failure does not turn a hook off."""
    hooked = Hooked(RuntimeError("x"), None)
    assert [hooked.hook(), hooked.hook()] == ["so be it", "well"]


def test_strict_raises(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STRICT=1 raises what is otherwise a warning."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    with pytest.raises(type(error)):
        Hooked(error).hook()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_exits_go_through(error: type[BaseException]) -> None:
    """Ctrl-C and exits are the user's and are not swallowed, in a hook nor around a part."""
    hooked = Hooked(error())
    with pytest.raises(error):
        hooked.hook()
    with pytest.raises(error), hooked.guard.around("part"):
        raise error
