"""What a model says once its thoughts are left out."""

from __future__ import annotations

import re

LONGEST = 200_000  # characters of a reply that is read at all; those asked for have a few thousand
_TAG = re.compile(r"<(/?)think(?:ing)?>")


def spoken(text: str) -> str:
    """The text without what stands between `<think>` and `</think>`, and without what stands before a `</think>` that
    was never opened, for some servers cut that tag off. A thought that never ends is left in; of a text beyond all
    measure nothing is left."""
    if len(text) > LONGEST:
        return ""
    kept: list[str] = []
    start, thinks = 0, None  # where what is kept begins; where the thought under way begins
    for tag in _TAG.finditer(text):
        if not tag[1]:
            thinks = tag.start() if thinks is None else thinks
        elif thinks is None:
            kept, start = [], tag.end()
        else:
            kept.append(text[start:thinks])
            start, thinks = tag.end(), None
    return " ".join([*kept, text[start:]])
