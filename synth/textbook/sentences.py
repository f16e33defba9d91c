"""Where the sentences of prose end. Abbreviations, initials and decimal numbers do not end one."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?]+[\"'”’)\]]*(\s+)(?=\S)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:figs?|abb|no|nos|vol|ed|eds|pp?|dr|mr|mrs|st|prof|vs|cf|ca|etc|viz|al|q\. ?v|e\. ?g|i\. ?e|gr|ac|oz|"
    r"approx|resp|sp|spp|var|syn|dept|univ|jan|feb|aug|sept|oct|nov|dec|[a-z])|\.[a-z])\.$",
    re.IGNORECASE,
)  # fmt: skip


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; white space between them belongs to none."""
    start = len(text) - len(text.lstrip())
    for found in _END.finditer(text):
        end, following = found.start(1), found.end()
        short = text[end - 1] == "." and _ABBREVIATION.search(text, max(0, end - 12), end)
        if short or text[following].islower():
            continue
        yield start, end
        start = following
    if text[start:].strip():
        yield start, len(text.rstrip())
