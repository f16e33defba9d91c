"""Candidates as proposals: the changes that would make a release say what a book says, one proposal for a disease."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg_service.core.change import Change, Move, PutDifferential, SetLabels, SetProfile, apply_all
from kg_service.core.concept import UNREVIEWED, Differential, Polarity, Strength
from kg_service.core.content import Content
from kg_service.core.errors import SkinR1Error
from kg_service.core.knowledge import Knowledge

from .candidate import Candidate, Kind, Standing
from .standing import stated, telling

_QUOTED, _MESSAGE = 240, 9_000  # characters; the service takes messages of at most 10,000
# A differential leans on the features that are stated before it.
_ORDER = (Kind.SYNONYM, Kind.FEATURE, Kind.DIFFERENTIAL, Kind.HIERARCHY)


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal, ready to be sent. `key` is the digest of what it offers and stands in the message."""

    concept: str
    key: str
    message: str
    changes: tuple[Change, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A candidate, or a whole proposal, that cannot be made: the stable code and the reason."""

    concept: str
    candidates: tuple[str, ...]
    code: str
    reason: str


def offers(candidates: Iterable[Candidate], knowledge: Knowledge, floor: float) -> tuple[list[Offer], list[Refusal]]:
    """The proposals for the new candidates of at least this confidence, each valid on the release, sorted by disease.

    Every change is tried on the release first: what would contradict it is refused here, before anybody is bothered.
    """
    by_disease: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.standing is Standing.NEW and candidate.confidence >= floor:
            by_disease.setdefault(candidate.concepts[0], []).append(candidate)
    made: list[Offer] = []
    refused: list[Refusal] = []
    content = Content.of(knowledge)
    for concept in sorted(by_disease):
        held = sorted(by_disease[concept], key=lambda c: (_ORDER.index(c.kind), c.concepts, c.label, c.id))
        offer, not_made = _offer(concept, held, content, knowledge)
        made += [offer] if offer else []
        refused += not_made
    return made, refused


def _offer(
    concept: str, held: Sequence[Candidate], content: Content, know: Knowledge
) -> tuple[Offer | None, list[Refusal]]:
    changes: list[Change] = []
    kept: list[Candidate] = []
    refused: list[Refusal] = []
    made, now = content, know
    for candidate in held:
        try:
            more = _changes(candidate, made, now)
            after = apply_all(more, made)
            now = after.knowledge(now)
        except SkinR1Error as error:
            refused.append(Refusal(concept, (candidate.id,), error.code, str(error)))
            continue
        changes, made = [*changes, *more], after
        kept.append(candidate)
    if not changes:
        return None, refused
    ids = tuple(candidate.id for candidate in kept)
    key = "synth-propose:" + hashlib.sha256(json.dumps([concept, *ids]).encode()).hexdigest()[:20]
    # Only the last statement of a profile or of labels counts; the others are steps on the way to it.
    last = {_subject(change): change for change in changes}
    return Offer(concept, key, _message(concept, kept, know, key), tuple(last.values()), ids), refused


def _subject(change: Change) -> tuple[str, str]:
    match change:
        case PutDifferential():
            return "differential", change.differential.id
        case SetProfile() | SetLabels() | Move():
            return type(change).__name__, change.concept
        case _:
            raise TypeError(f"{type(change).__name__} is nothing that a book proposes")


def _changes(candidate: Candidate, content: Content, know: Knowledge) -> list[Change]:
    first = candidate.concepts[0]
    match candidate.kind:
        case Kind.SYNONYM:
            old = content.concept(first)
            alt = old.alt_labels if candidate.hidden else (*old.alt_labels, candidate.label)
            hidden = (*old.hidden_labels, candidate.label) if candidate.hidden else old.hidden_labels
            return [SetLabels(first, alt, hidden, old.ambiguous_labels)]
        case Kind.FEATURE:
            sign = candidate.signs[0]
            return [_profile(first, {sign.feature: sign.polarity}, content)]
        case Kind.DIFFERENTIAL:
            a, b = candidate.concepts
            features = telling(a, b, candidate.signs, know)
            profiles: list[Change] = []
            for end in (a, b):
                said = stated(end, candidate.signs, know)
                new = {feature: said[feature] for feature in features if feature not in know.profile(end)}
                profiles += [_profile(end, new, content)] if new else []
            source = "; ".join(dict.fromkeys(evidence.source for evidence in candidate.evidence))
            return [*profiles, PutDifferential(Differential(a, b, Strength.MODERATE, features, source, UNREVIEWED))]
        case Kind.HIERARCHY:
            return [Move(first, (*content.concept(first).parents, candidate.concepts[1]))]


def _profile(concept: str, said: dict[str, Polarity], content: Content) -> SetProfile:
    return SetProfile(concept, tuple(sorted({**said, **dict(content.concept(concept).profile)}.items())))


def _message(concept: str, kept: Sequence[Candidate], know: Knowledge, key: str) -> str:
    """Why: each statement with the words of the book. At most 10,000 characters, the key last."""
    books = dict.fromkeys(evidence.source for candidate in kept for evidence in candidate.evidence)
    text = f"What {'; '.join(books)} says of {know.label(concept)}. Nothing of it is reviewed.\n"
    told = 0
    for candidate in kept:
        line = f"\n- {_sentence(candidate, know)}: {_cited(candidate)}"
        if len(text) + len(line) > _MESSAGE:
            break
        text += line
        told += 1
    if told < len(kept):
        text += f"\n- and {len(kept) - told} more, in candidates.jsonl of the run"
    return f"{text}\n\n{key}"


def _sentence(candidate: Candidate, know: Knowledge) -> str:
    names = [know.label(concept) for concept in candidate.concepts]
    match candidate.kind:
        case Kind.SYNONYM:
            return f"{names[0]} is also called “{candidate.label}”"
        case Kind.FEATURE:
            sign = candidate.signs[0]
            return f"{names[0]}: {know.feature(sign.feature).pref_label} {sign.polarity.value}"
        case Kind.DIFFERENTIAL:
            return f"tell {names[0]} from {names[1]}"
        case Kind.HIERARCHY:
            return f"{names[0]} is a kind of {names[1]}"


def _cited(candidate: Candidate) -> str:
    evidence = candidate.evidence[0]
    quote = evidence.quote if len(evidence.quote) <= _QUOTED else evidence.quote[: _QUOTED - 1] + "…"
    page = f"p. {evidence.page}, " if evidence.page else ""
    return f"“{quote}” ({page}{' › '.join(evidence.path)}; {candidate.found_by})"
