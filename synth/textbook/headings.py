"""What a line of text is, told from its words alone: a title, a question, a label of a figure, a list item."""

from __future__ import annotations

import re

RUN_IN = 8  # the level of "Diagnosis.—" at the start of a paragraph
QUESTION = 7  # the level of a line in bold that heads what follows, as questions do

_CAPTION = re.compile(
    r"(?P<label>(?:fig(?:ure|s)?|abb(?:ildung)?|plate|tafel)\.?\s*"
    r"(?P<number>[ivxl]+(?=[.:\s]|$)|[a-z]?\d+(?:[.\-–]\d+)*)(?P<panel>[a-h](?![a-z]))?)\s*(?P<mark>[.:—–-]+|$|(?=\s))",
    re.IGNORECASE,
)
_RUN_IN = re.compile(
    r"(?P<head>(?:differential diagnosis|diagnosis|symptoms(?: and course)?|clinical (?:features|picture|appearances?)|"
    r"a?etiology|causes|patholog(?:y|ical anatomy)|histo(?:logy|pathology)|prognosis|treatment|management|definition|"
    r"course)\s*(?:[.:]\s*(?:-{1,2}|—|–)|[.]?\s*(?:--|—)|:))\s*(?=\S)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:[•‣▪◦●·]|[-–*](?=\s)|\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\))\s+(?=\S)")
_TAIL = 80  # characters in which the page numbers of an entry stand
_ENTRY = re.compile(r"(?:\.{3,}|\s{2,}|,\s*)\d+(?:\s*[,–-]\s*\d+)*$")


def caption(text: str) -> re.Match[str] | None:
    """The label at the start of a caption ("Fig. 12.3", "FIGURE 4A:", "Abb. 7"), with groups label, number, panel.

    "Figure 4 shows" is running text: after the number a caption has a mark, a capital letter or a bracket.
    """
    found = _CAPTION.match(text)
    if found and not found["mark"]:
        after = text[found.end() :].lstrip()[:1]
        return None if after.islower() else found
    return found


def run_in(text: str) -> str:
    """The heading that a paragraph starts with, "Diagnosis.—" or "Treatment:", or ""."""
    found = _RUN_IN.match(text)
    return found["head"].rstrip() if found and text[:1].isupper() else ""


def item(text: str) -> bool:
    """Whether a line starts as the item of a list does."""
    return bool(_ITEM.match(text))


def title(text: str, most: int = 14) -> bool:
    """Whether at most so many words stand in capitals, as titles do in plain text. An entry of the contents is none."""
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) < 4 or len(text.split()) > most or _ENTRY.search(text[-_TAIL:]):
        return False
    return sum(letter.isupper() for letter in letters) >= 0.9 * len(letters)


def plain(text: str) -> str:
    """A heading as it goes into a path: without the mark at its end, except a question's."""
    return text.strip().strip("*_#").rstrip(" .:;—–-").strip()
