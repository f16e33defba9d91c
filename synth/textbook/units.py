"""A figure with what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """The images that one caption serves, in reading order, and the caption's parts: places of blocks in the book.

    `side` says where the caption stands, "below" or "above" the images; "" where one of the two is missing.
    """

    figures: tuple[int, ...]
    captions: tuple[int, ...]
    side: str = ""
