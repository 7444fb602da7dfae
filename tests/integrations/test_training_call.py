"""training_call.py: a training whose framework tells nobody of an error is seen to end."""

from __future__ import annotations

import queue
import sys
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from livemon_integrations.training_call import TrainingCall

Told = tuple[str, str | None, str]


def fit(body: Callable[[TrainingCall], object], package: str = "somebody.trainer") -> object:
    """A framework's function that trains, in a module of its own: a fake."""
    source = "def fit(body, Call):\n    return body(Call('fit'))\ndef outer(body, Call):\n    return fit(body, Call)"
    module: dict[str, object] = {"__name__": package}
    exec(source, module)
    return module["outer"](body, TrainingCall)  # type: ignore[operator]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[queue.Queue[Told]]:
    """What the watching thread has told; it looks often."""
    monkeypatch.setattr("livemon_integrations.training_call.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sys, "last_value", None, raising=False)
    yield queue.Queue()
    for thread in threading.enumerate():
        if thread.name == "livemon-training-call":
            thread.join()


def broken(told: queue.Queue[Told], error: BaseException) -> Callable[[TrainingCall], None]:
    def body(call: TrainingCall) -> None:
        call.watch(told.put)
        assert not call.is_over()
        raise error

    return body


def test_an_error_that_is_handled_is_told_with_its_reason(told: queue.Queue[Told]) -> None:
    """While the script handles the error, the watching thread finds it, also where it is another one's cause."""
    try:
        try:
            fit(broken(told, ValueError("nan")))
        except ValueError as error:
            raise RuntimeError("of the script") from error
    except RuntimeError:
        assert told.get(timeout=20) == ("failed", "nan", "ValueError: nan")


@pytest.mark.parametrize(
    ("status", "outcome"), [
        (143, ("failed", "preempted", "SIGTERM")), (1, ("failed", "error", "SystemExit: 1")), (0, ("failed", None, "")),
    ],
)
def test_an_exit_from_the_middle_is_told(told: queue.Queue[Told], status: int, outcome: Told) -> None:
    """What a script makes of SIGTERM is preemption; a status of 0 does not make an end of the middle."""
    try:
        fit(broken(told, SystemExit(status)))
    except SystemExit:
        assert told.get(timeout=20) == outcome


def test_an_error_that_is_swallowed_is_told_without_a_reason(told: queue.Queue[Told]) -> None:
    """Where nothing of the error is left, it is only known that the training did not come to its end."""
    with pytest.raises(ValueError, match="nan"):
        fit(broken(told, ValueError("nan")))
    assert told.get(timeout=20) == ("failed", None, "")


@pytest.mark.parametrize(
    ("error", "outcome"), [
        (KeyboardInterrupt(), ("stopped", "interrupted", "KeyboardInterrupt")),
        (MemoryError("x"), ("failed", "out of memory", "MemoryError: x")),
    ],
)
def test_an_error_whose_traceback_was_shown_is_told(
    told: queue.Queue[Told], monkeypatch: pytest.MonkeyPatch, error: BaseException, outcome: Told
) -> None:
    """In a notebook the error of a cell is the last that was shown; one that was shown before is not taken for it."""
    monkeypatch.setattr(sys, "last_value", OSError("of the cell before"))
    with pytest.raises(type(error)) as caught:
        fit(broken(told, error))
    monkeypatch.setattr(sys, "last_value", caught.value)
    assert told.get(timeout=20) == outcome


def test_nothing_is_told_after_stop(told: queue.Queue[Told]) -> None:
    """A training that says itself how it ended is not spoken for."""

    def body(call: TrainingCall) -> None:
        call.watch(told.put)
        call.stop()

    fit(body)
    for thread in threading.enumerate():
        if thread.name == "livemon-training-call":
            thread.join()
    assert told.empty()


def test_a_call_in_a_thread_is_over_with_it(told: queue.Queue[Told]) -> None:
    """A training in a thread of its own is looked for in that thread."""
    calls: list[TrainingCall] = []
    entered, leave = threading.Event(), threading.Event()

    def body(call: TrainingCall) -> None:
        calls.append(call)
        entered.set()
        leave.wait(20)

    thread = threading.Thread(target=fit, args=(body,))
    thread.start()
    assert entered.wait(20)
    assert not calls[0].is_over()
    leave.set()
    thread.join()
    assert calls[0].is_over()


def test_the_model_is_not_kept_in_memory() -> None:
    """Nothing of the call is kept when it is over, as what it holds may fill a GPU."""

    class Model:
        pass

    kept: list[TrainingCall] = []
    models: list[weakref.ref[Model]] = []

    def train() -> None:
        model = Model()
        models.append(weakref.ref(model))
        kept.append(TrainingCall("train"))

    train()
    assert models[0]() is None


def test_no_such_call() -> None:
    """Without such a function around it, the error says which one is missing."""
    with pytest.raises(LookupError, match=r"no nonsense\(\)"):
        TrainingCall("nonsense")
