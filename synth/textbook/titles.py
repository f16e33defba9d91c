"""What a heading is: the name of a disease, a question, or the title of a section that every disease has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kg_service.core.fold import words

from . import roles

_BIDS = frozenset(words("describe define enumerate state name give mention explain list discuss outline"))
_ASKS = _BIDS | frozenset(
    words("how what which why when where who with from at are is do does can may in to upon on into of")
)
_SECTION = frozenset(
    words(
        "symptom sign feature clinical picture course diagnosis differential etiology cause pathology pathogenesis"
        " histology histopathology anatomy prognosis treatment management therapy definition epidemiology investigation"
        " complication introduction overview summary history synonym variety type form involvement manifestation"
        " finding presentation variant reference general classification morphology prevention incidence dermoscopy"
    )
)
_NUMBERING = re.compile(
    r"^\s*(?:(?:chapter|part|section|class)\s+)?(?:\d+(?:\.\d+)*[.:)—–-]*\s|[IVXLC]+\s*[.:)—–]+)\s*(?=\S)", re.I
)
_FOOTNOTE = re.compile(r"\s*\[\w{1,3}\]|\s*[*†‡]+")
_BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_REMARK = re.compile(r"(?:see|continued|cont|chapter|page|fig\w*|plate|new|revised)\b", re.IGNORECASE)
_OR = re.compile(r"\s*(?:;|,|\bor\b|/)\s*")


def plain(heading: str) -> str:
    """A heading without its number, footnote marks and the full stop."""
    return _NUMBERING.sub("", _FOOTNOTE.sub("", heading)).strip(" .:;—–-")


def is_question(heading: str) -> bool:
    """Whether a heading asks or bids, as those of books for students do."""
    said = words(heading)
    return "?" in heading or (len(said) > 2 and said[0] in _ASKS) or (len(said) > 1 and said[0] in _BIDS)


def is_section(heading: str) -> bool:
    """Whether a heading is the title of a part that any disease may have ("Clinical features", "Nail involvement")."""
    return any(word in _SECTION for word in words(heading)) and len(words(heading)) <= 5


def weighing(path: Sequence[str]) -> int:
    """How many headings lead to a title like "Differential diagnosis", itself included; 0 where there is none.

    What stands below such a title are the other diseases.
    """
    for depth, heading in enumerate(path, start=1):
        titled = not is_question(heading) and is_section(plain(heading))
        if titled and roles.of_heading(heading) == roles.DIFFERENTIAL:
            return depth
    return 0


def names_in(heading: str) -> list[str]:
    """The names in a heading or a line of synonyms: what stands outside brackets, inside, and on each side of "or"."""
    heading = plain(heading)
    stretches = [_BRACKET.sub(" ", heading), *_BRACKET.findall(heading)]
    found = [name.strip(" .,:;") for stretch in stretches for name in (stretch, *_OR.split(stretch))]
    return [name for name in dict.fromkeys(found) if words(name) and not is_section(name) and not _REMARK.match(name)]
