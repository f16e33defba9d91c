"""How the published evaluation reads a reply (Skin-R1's repository, model_training/src/test_performance.py).

Described from its behaviour, not copied: inside the first `<final diagnosis>` the first letter from A to K counts,
upper or lower case, wherever it stands, also in the middle of a word. So "malignant melanoma" is option A and "benign
nevus" option B. What has no such letter, or no such tag, is "Z". Options L to Z can be offered and never be read.
"""

from __future__ import annotations

import re

UNPARSED = "Z"
READABLE = "ABCDEFGHIJK"

_OPENED, _CLOSED = (re.compile(f"<{mark}final diagnosis>", re.IGNORECASE) for mark in ("", "/"))
_LETTER = re.compile(f"[{READABLE}]", re.IGNORECASE)


def letter(reply: str) -> str:
    """The option letter that the published scorer takes from a reply."""
    opened = _OPENED.search(reply)
    closed = _CLOSED.search(reply, opened.end()) if opened else None
    found = _LETTER.search(reply, opened.end(), closed.start()) if opened and closed else None
    return found[0].upper() if found else UNPARSED
