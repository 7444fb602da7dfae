from __future__ import annotations

from livemon.live.messages import MOST_MESSAGES, Messages


def test_what_lasts_is_said_once() -> None:
    """`notify_once` says a text once, `notify` each time; of texts that always differ only so many are said."""
    said: list[str] = []
    messages = Messages(said.append)
    messages.notify_once("a")
    messages.notify_once("a")
    messages.notify("a")
    assert said == ["a", "a"]
    for number in range(2 * MOST_MESSAGES):
        messages.notify_once(f"{number} failures")
    assert len(said) == MOST_MESSAGES + 1
