"""Letters as they were meant: ligatures, soft hyphens, odd spaces, and words broken at the end of a line."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

# NFKC would also turn ½ into 1⁄2, ² into 2 and µ into μ, which changes what a prescription or a measure says.
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_NOTHING = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\x00"))
_TABLE = str.maketrans(_LIGATURES) | _NOTHING
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_JOINING = {"or", "and", "to", "und", "oder", "et", "ou"}
WORDED = re.compile(r"[^\W\d_]{3,}")  # a stretch without it says nothing in words
_BROKEN = re.compile(r"([^\W\d_]+)-$")


def clean(text: str) -> str:
    """Plain letters, composed (NFC), all white space of a line one space."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_TABLE)).split())


def vocabulary(lines: Iterable[str]) -> Counter[str]:
    """How often each word stands unbroken in the lines of a book, in small letters.

    "well-defined" is one word, and counts for "well-" and "-defined" as well.
    """
    found: Counter[str] = Counter()
    for line in lines:
        whole = line.rstrip()
        words = _WORD.findall(whole.lower())
        for word in words[:-1] if whole.endswith("-") else words:
            found[word] += 1
            first, *middle, last = word.split("-") if "-" in word else (word, word)
            if first != word:
                found.update((f"{first}-", f"-{last}", *(f"{part}-" for part in middle)))
    return found


def healed(head: str, tail: str, words: Mapping[str, int]) -> str:
    """Two lines as one. A hyphen at the end of the first stays if the book writes the word with one.

    The book's own words decide: the joined word if it occurs, else the hyphenated one if that occurs, or if both
    halves are words or stand in other hyphenated words, else the joined word. "pea- or bean-sized" stays as it is.
    """
    broken, rest = _BROKEN.search(head), _WORD.match(tail)
    if not broken or not rest:
        return f"{head}{'' if head.endswith(('-', '—', '/')) else ' '}{tail}"
    first, second = broken[1].lower(), rest.group().lower()
    if second in _JOINING:
        return f"{head} {tail}"
    if tail[0].isupper() and not broken[1].isupper():
        return head + tail
    joined, kept = first + second, f"{first}-{second}"
    if words.get(joined, 0) and words.get(joined, 0) >= words.get(kept, 0):
        return head[:-1] + tail
    before = words.get(f"{first}-", 0) or (len(first) > 2 and words.get(first, 0))
    after = words.get(f"-{second}", 0) or (len(second) > 2 and words.get(second, 0))
    return head + tail if words.get(kept, 0) or (before and after) else head[:-1] + tail
