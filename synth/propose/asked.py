"""What a heading on differential diagnosis asks: which disease is to be told from which."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg_service.core.fold import words
from kg_service.core.knowledge import Knowledge
from kg_service.core.mentions import Mention

from ..textbook import roles
from ..textbook.glossary import Glossary
from ..textbook.titles import weighing
from .sections import Section

# "How would you exclude X in a suspected case of S": X is told from S.
_EXCLUDE = re.compile(r"\bexclude[ds]?\b|\bexclusion of\b", re.IGNORECASE)
_CASE_OF = re.compile(r"\b(?:in|from) (?:a |the )?(?:suspected )?(?:cases? of|diagnosis of)\b", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\b|\band\s+(?=[^,]*\bcompared\b)|\bversus\b|\bvs\b\.?", re.IGNORECASE)
_RESEMBLE = re.compile(
    r"\b(?:bears?|have|has)\b.{0,20}\b(?:resemblance|likeness)\b.{0,12}\bto\b|\b(?:resemble|simulate)s?\b|"
    r"\b(?:confound|confuse)(?:d|ed)? with\b|\bmistaken? for\b",
    re.IGNORECASE,
)
# "From what diseases is urticaria to be differentiated?" The answer lists them.
WHICH = re.compile(r"\W*(?:(?:with|from|for) (?:what|which)|(?:what|which) (?:\w+ ){0,3}?diseases)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(r"\W*(?:is|are|do|does|can|may|has|have)\b", re.IGNORECASE)
_NO = re.compile(r"\W*no\b[.,;]", re.IGNORECASE)
# Words of a question that are nobody's name.
_PLAIN = frozenset(
    words(
        "how what which in respect respects would you do does are is be to the a an of these this they them it those"
        " disease diseases condition conditions several distinguish distinguished differ differential differentiate"
        " differentiated points point diagnosis between likely chiefly mainly lesions lesion growth growths formation"
        " formations from with may can might and or other affection affections eruption eruptions state"
    )
)
# Who asks for the diagnosis asks for what tells it from others.
_ASKING = frozenset({roles.DIFFERENTIAL, "diagnosis"})


@dataclass(frozen=True, slots=True)
class Asked:
    """`subject` are the diseases whose marks the answer gives (none where the question names one that is not known),
    `others` those it is told from. `lists` is whether the answer, not the question, names the others."""

    subject: tuple[str, ...]
    others: tuple[str, ...]
    lists: bool


def asked(section: Section, glossary: Glossary) -> Asked | None:
    """What the heading of a section asks; None where it asks nothing about telling diseases apart."""
    title = section.title
    if (section.role or roles.of_path(section.path)) not in _ASKING:
        return None
    if _YES_OR_NO.match(title) and _NO.match(section.passages[0].text):
        return None
    own = (section.about,) if section.about else ()
    if 0 < weighing(section.path) < len(section.path) and (other := glossary.heading(title)):
        return Asked((other,), own, not own)
    named = glossary.mentions(title)
    if WHICH.match(title):
        return Asked(_ids(named) or own, (), True)
    excluded = _EXCLUDE.search(title)
    split = (_CASE_OF if excluded else _FROM).search(title) or (None if excluded else _RESEMBLE.search(title))
    if split is None:
        found = _ids(named)
        if excluded:
            return Asked(found, own, not found)
        rest = tuple(id_ for id_ in found if not any(glossary.knowledge.same_line(id_, mine) for mine in own))
        return Asked(own, rest, not rest)
    right = title[split.end() :]
    before = _ids([mention for mention in named if mention.end <= split.start()])
    after = _ids([mention for mention in named if mention.start >= split.end()])
    if not before and not after:
        return Asked(own, (), True)
    subject = before or _own_where_nobody_is_named(own, after, glossary.knowledge)
    others = after or (own if not _names_somebody(right) or not own else ())
    return Asked(subject, others, not others)


def _ids(mentions: list[Mention] | tuple[Mention, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mention.id for mention in mentions))


def _own_where_nobody_is_named(own: tuple[str, ...], after: tuple[str, ...], know: Knowledge) -> tuple[str, ...]:
    """The section's disease, where the question speaks of it ("it", a form of it) and tells it from another."""
    told_from_own = any(know.same_line(id_, mine) for id_ in after for mine in own)
    return () if told_from_own else own


def _names_somebody(text: str) -> bool:
    return any(word not in _PLAIN for word in words(text))
