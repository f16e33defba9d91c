"""A reply that is none is told from a short or a wordy one."""

from __future__ import annotations

import pytest

from eval.degenerate import Degenerate, degenerate, loops

from .rows import reply


@pytest.mark.parametrize(
    "text",
    [
        "The lesion is red. " * 4,
        "a border, " * 30 + "</thinking><diagnosis>melanoma</diagnosis>",
        "Well then: " + "no no yes " * 5,
        "0" * 40,
        "abcabc" * 10,
        "的的的的" * 9,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " * 4,
    ],
)
def test_words_or_letters_that_come_four_times_in_a_row_are_a_loop(text: str) -> None:
    assert degenerate(text) is Degenerate.LOOP


@pytest.mark.parametrize(
    "text",
    [
        reply("melanoma"),
        "very very very dark, with white white dots and red red lines",
        "a brown spot; a brown network; a blue veil; a white scar; a red dot; a grey globule",
        "=" * 31,
        "The lesion is red. " * 3,
    ],
)
def test_a_table_or_an_emphasis_is_no_loop(text: str) -> None:
    assert not loops(text)
    assert degenerate(text) is None


def test_the_first_that_holds_is_named() -> None:
    assert degenerate(" \n", complete=False) is Degenerate.EMPTY
    assert degenerate("so it is " * 9, complete=False) is Degenerate.LOOP
    assert degenerate(reply("melanoma"), complete=False) is Degenerate.CUT
