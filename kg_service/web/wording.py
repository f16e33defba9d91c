"""Errors as people read them: diseases and signs by their names, no word about the API."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.content import Content
from ..core.errors import CycleFound, SkinR1Error
from ..core.knowledge import Knowledge

# A text in quotation marks, or what may be an id: as it is, with its kind before it, or two joined for a differential.
_WORD = re.compile(
    r"""(?<!\w)'(?P<quoted>[^'\n]*)'(?!\w) | (?<!\w)"[^"\n]*"(?!\w)
    | (?<![\w-]) (?:(?:concept|feature|differential):)? (?P<id>[a-z0-9]+(?:-+[a-z0-9]+)*) (?![\w-])""",
    re.VERBOSE,
)
_PHRASES = (
    (re.compile(r"; GET /v1/\S+ lists those (?:there|that) are"), ""),
    (re.compile(r"no concept has the id"), "there is no disease or group called"),
    (re.compile(r"declare it skr:ambiguousLabel on each"), "list it among the shared names of each"),
    (re.compile(r"has the parent (\S+), which is not a concept"), r"would lie under \1, which is gone"),
    (re.compile(r"has broken broader links"), "would have gaps"),
    (re.compile(r"no feature has the id"), "there is no feature called"),
    (re.compile(r"^the (labels|parents|features) of (.+) was changed$"), r"the \1 of \2 were changed"),
    (re.compile(r"^the differentials contradict the knowledge"), "some differentials would no longer hold"),
    (re.compile(r" cites (\S+), which is (\w+) on both sides"), r" is told apart by \1, which would be \2 in both"),
    (re.compile(r" cites (\S+), which the profile of (\S+) does not have"), r" is told apart by \1, not stated of \2"),
    (re.compile(r"^accepting and declining takes the role reviewer$"), "a reviewer accepts or declines it"),
    (re.compile(r"^the (?:concept|feature|differential|crosswalk entry) (.+) was changed$"), r"\1 was changed"),
)


def problem(error: SkinR1Error, *states: Knowledge | Content) -> tuple[str, tuple[str, ...]]:
    """What an error says, and its findings one by one.

    Args:
        states: name what the error names by id, the first that knows it.
    """
    findings: Sequence[str] = getattr(error, "findings", ())
    if isinstance(error, CycleFound) and findings:
        path = by_names(findings[0].replace(" > ", " › "), *states)
        return f"A disease cannot lie under itself, as it would here: {path}. One of these places must go first.", ()
    text = str(error).partition("\n  - ")[0]
    listed = tuple(by_names(finding, *states) for finding in findings if finding not in text)
    return by_names(text, *states), listed


def by_names(text: str, *states: Knowledge | Content) -> str:
    """A text in which the ids of concepts, features and differentials are their names in quotation marks."""
    for phrase, words in _PHRASES:
        text = phrase.sub(words, text)

    def named(match: re.Match[str]) -> str:
        id_ = match["id"] or match["quoted"] or ""
        if name := _name(id_, states):
            return f"'{name}'"
        a, _, b = id_.partition("--")
        if b and (one := _name(a, states)) and (other := _name(b, states)):
            return f"'{one}' and '{other}'"
        return match[0]

    return _WORD.sub(named, text)


def _name(id_: str, states: Sequence[Knowledge | Content]) -> str:
    for know in states:
        found = know.concepts.get(id_) or know.retired.get(id_) or know.features.get(id_)
        if found is not None:
            return found.pref_label
    return ""
