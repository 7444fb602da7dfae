from __future__ import annotations

import pytest

from livemon.readers import Look, Status, Update


@pytest.mark.parametrize("status", Status)
def test_a_status_may_be_given_as_its_word(status: Status) -> None:
    """A plug-in's update with the word of a status is the update with the status, and reads as the word."""
    assert Update(status=status.value) == Update(status=status)
    assert Update(status=status.value).status == status
    assert f"the file is {status}" == f"the file is {status.value}"


def test_all_is_well_unless_said() -> None:
    """Looks and updates are OK where nothing else is given."""
    assert (Look().status, Update().status) == (Status.OK, Status.OK)
