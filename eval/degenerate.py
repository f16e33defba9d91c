"""Replies that are no replies: empty, cut at the limit, or caught in a loop.

Merging an adapter, or another release of transformers, can turn a good checkpoint into one that repeats itself. The
rate is reported so that nobody takes such a run for a measurement of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

# A stretch that says the same thing four times over. Tables and lists of signs repeat a word, but not this often.
TIMES = 4
WORDS, CHARACTERS = 16, 8  # the longest period looked for
LEAST_WORDS, LEAST_CHARACTERS = 8, 32  # what is repeated, all times together, is at least as long


class Degenerate(StrEnum):
    """What is wrong with a reply, whatever it says. The first that holds."""

    EMPTY = "empty"
    LOOP = "loop"
    CUT = "cut"


def degenerate(reply: str, *, complete: bool = True) -> Degenerate | None:
    """What is wrong with a reply, or None.

    Args:
        complete: False where generation ended at the limit of tokens.
    """
    if not reply.strip():
        return Degenerate.EMPTY
    if loops(reply):
        return Degenerate.LOOP
    return None if complete else Degenerate.CUT


def loops(text: str) -> bool:
    """Whether some words, up to 16, or characters, up to 8, stand four times in a row anywhere in a text."""
    words = text.split()
    numbers: dict[str, int] = {}
    spoken = [numbers.setdefault(word, len(numbers)) for word in words]
    return _periodic(spoken, WORDS, LEAST_WORDS) or _periodic(
        [ord(letter) for letter in text if not letter.isspace()], CHARACTERS, LEAST_CHARACTERS
    )


def _periodic(items: Sequence[int], longest: int, least: int) -> bool:
    """Whether a stretch of `items` repeats its first p items, p at most `longest`, `TIMES` times or more."""
    row = np.asarray(items, dtype=np.int64)
    for period in range(1, longest + 1):
        needed = max(TIMES * period, least) - period  # items that equal the one a period before
        if len(row) < needed + period:
            continue
        differs = np.flatnonzero(row[period:] != row[:-period])
        edges = np.concatenate(([-1], differs, [len(row) - period]))
        if np.diff(edges).max() - 1 >= needed:
            return True
    return False
