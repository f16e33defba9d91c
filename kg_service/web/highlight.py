"""The facts that a text refers to, found in it again so that they can be marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..core.knowledge import Knowledge
from ..core.trajectory import Step

# What an alias begins with (`Trajectory.aliases`) -> what it stands for.
_ROLES: Mapping[str, Literal["concept", "distractor", "feature"]] = {
    "C": "concept",
    "N": "distractor",
    "F": "feature",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of text. `role` says what it refers to, empty for plain words; `id` is the concept or feature."""

    text: str
    role: str = ""
    id: str = ""


def marked(step: Step, aliases: Mapping[str, str], know: Knowledge) -> list[Marked]:
    """The text of a step, cut where it names what it refers to.

    A name that the knowledge has no longer stays plain.
    """
    roles = {aliases[ref]: _ROLES[ref[:1]] for ref in step.refs if ref in aliases and ref[:1] in _ROLES}
    named = (*know.concept_mentions(step.text), *know.feature_mentions(step.text))
    # Where a disease and a feature overlap, the longer name counts, as it did when the text was checked.
    spans = sorted((m for m in named if m.id in roles), key=lambda m: (m.start, -m.end))
    found: list[Marked] = []
    at = 0
    for mention in spans:
        if mention.start < at:
            continue
        if mention.start > at:
            found.append(Marked(step.text[at : mention.start]))
        found.append(Marked(step.text[mention.start : mention.end], roles[mention.id], mention.id))
        at = mention.end
    if at < len(step.text):
        found.append(Marked(step.text[at:]))
    return found
