"""How the published evaluation reads a reply (Skin-R1's repository, model_training/src/test_performance.py).

Described from its behaviour, not copied: inside the first `<final diagnosis>` the first letter from A to K counts,
upper or lower case, wherever it stands, also in the middle of a word. So "malignant melanoma" is option A and "benign
nevus" option B. What has no such letter, or no such tag, is "Z". Options L to Z can be offered and never be read.
"""

from __future__ import annotations

import re

UNPARSED = "Z"
READABLE = "ABCDEFGHIJK"

_TAG = re.compile(r"<final diagnosis>(.*?)</final diagnosis>", re.IGNORECASE | re.DOTALL)
_LETTER = re.compile(f"[{READABLE}]", re.IGNORECASE)


def letter(reply: str) -> str:
    """The option letter that the published scorer takes from a reply."""
    tag = _TAG.search(reply)
    found = _LETTER.search(tag[1]) if tag else None
    return found[0].upper() if found else UNPARSED
