"""One trajectory as it is shown: its picture, the facts it was written from, and what each reference rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.case import Case
from kg_service.core.concept import Condition, Polarity
from kg_service.core.ddx import Contrast
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage, Trajectory

from ..reading import Reader
from . import marking, meanings
from .pictures import thumbnail

_NONCOMMERCIAL = re.compile(r"\bnc\b|non-?commercial", re.IGNORECASE)
SEEN, NOT_SEEN, NOT_ANNOTATED = "seen", "not seen", "not annotated"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reference stands for. `sort` is disease, distractor, feature or passage; `why` says what it rests on."""

    alias: str
    sort: str
    name: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the comparison: a feature, what the image says, and its polarity on both sides."""

    name: str
    image: str
    gold: str
    other: str
    discriminates: bool
    cited: bool


@dataclass(frozen=True, slots=True)
class StepView:
    title: str
    pieces: list[marking.Piece]


@dataclass(frozen=True, slots=True)
class Article:
    """All that one trajectory shows. Every text is plain; the template escapes it."""

    anchor: str
    id: str
    kind: str
    gold: str
    gold_id: str
    condition: Condition
    lineage: tuple[str, ...]
    distractors: tuple[tuple[str, str], ...]
    thumbnail: str
    source: str
    licence: str
    noncommercial: bool
    record: tuple[tuple[str, str], ...]
    present: tuple[str, ...]
    absent: tuple[str, ...]
    signs: tuple[Sign, ...]
    steps: tuple[StepView, ...]
    refs: Mapping[str, Reference]
    reply: str
    answer_visible: bool
    quarantined: bool
    flags: tuple[str, ...]
    verdicts: Sequence[Mapping[str, Any]] = ()
    provenance: tuple[tuple[str, str], ...] = ()


class Maker:
    """Makes articles.

    Args:
        cases: by id, as far as they are at hand.
        passages: by id, as far as they are at hand.
        folder: what image paths are relative to.
        verdicts: row id -> what judges said.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        reader: Reader,
        cases: Mapping[str, Case],
        passages: Mapping[str, Passage],
        folder: Path,
        verdicts: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        self._knowledge = knowledge
        self._reader = reader
        self._cases = cases
        self._passages = passages
        self._folder = folder
        self._verdicts = verdicts

    def make(self, anchor: str, row: Trajectory, *, quarantined: bool = False) -> Article:
        knowledge, case = self._knowledge, self._cases.get(row.case_id)
        findings = {finding.feature: finding.present for finding in case.findings} if case else {}
        refs = {
            id_: self._reference(alias, id_, row, findings) for alias, id_ in sorted(row.aliases.items(), key=_place)
        }
        quoted = {id_: self._passages[id_] for id_ in refs if id_ in self._passages}
        steps = []
        for step in row.steps:
            pieces = marking.cut(step.text, marking.spans(step.text, self._reader, quoted))
            # A name that nothing in the row resolves is plain text: there is nothing to say about it.
            steps.append(StepView(
                meanings.STEPS.get(step.kind, step.kind),
                [piece if piece.id in refs else marking.Piece(piece.text) for piece in pieces],
            ))  # fmt: skip
        return Article(
            anchor=anchor,
            id=row.id,
            kind=str(row.kind),
            gold=knowledge.label(row.gold),
            gold_id=row.gold,
            condition=row.condition,
            lineage=tuple(knowledge.label(concept) for concept in knowledge.lineage(row.gold)),
            distractors=tuple((knowledge.label(d.concept), meanings.VIA.get(d.via, d.via)) for d in row.distractors),
            thumbnail=thumbnail(self._folder / row.image),
            source=case.source if case else "",
            licence=case.licence if case else "",
            noncommercial=bool(case and _NONCOMMERCIAL.search(case.licence)),
            record=_record(case),
            present=tuple(self._feature(id_) for id_, present in findings.items() if present),
            absent=tuple(self._feature(id_) for id_, present in findings.items() if not present),
            signs=tuple(self._signs(row, findings)),
            steps=tuple(steps),
            refs=refs,
            reply=row.reply,
            answer_visible=row.answer_visible,
            quarantined=quarantined,
            flags=row.flags,
            verdicts=self._verdicts.get(row.id, ()),
            provenance=tuple((name, str(value)) for name, value in row.provenance.items() if value != ""),
        )

    def _feature(self, id_: str) -> str:
        found = self._knowledge.features.get(id_)
        return found.pref_label if found else id_

    def _signs(self, row: Trajectory, findings: Mapping[str, bool]) -> list[Sign]:
        """The signs that matter here: those that tell the two apart, those cited, those seen. Most telling first."""
        knowledge = self._knowledge
        gold = knowledge.profile(row.gold)
        other = knowledge.profile(row.distractors[0].concept) if row.distractors else {}
        telling = {contrast.feature for d in row.distractors for contrast in self._contrasts(row.gold, d.concept)}
        cited = {id_ for id_ in row.aliases.values() if id_ in knowledge.features}
        seen = {id_ for id_, present in findings.items() if present}
        shown = sorted(telling | cited | seen, key=lambda id_: (id_ not in cited, id_ not in telling, id_))
        return [
            Sign(
                self._feature(id_),
                _image(findings, id_),
                gold[id_].value if id_ in gold else "",
                other[id_].value if id_ in other else "",
                id_ in telling or (id_ in gold and id_ in other and _opposed(gold[id_], other[id_])),
                id_ in cited,
            )
            for id_ in shown
        ]

    def _contrasts(self, gold: str, other: str) -> tuple[Contrast, ...]:
        return self._knowledge.ddx.contrasts(gold, other)

    def _reference(self, alias: str, id_: str, row: Trajectory, findings: Mapping[str, bool]) -> Reference:
        knowledge = self._knowledge
        if id_ in knowledge.features:
            return Reference(alias, "feature", self._feature(id_), self._why_feature(id_, row, findings))
        if id_ in knowledge.concepts:
            offered = {d.concept: d.via for d in row.distractors}
            sort = "distractor" if id_ in offered else "disease"
            why = self._why_distractor(id_, offered[id_], row.gold) if id_ in offered else self._why_disease(id_, row)
            return Reference(alias, sort, knowledge.label(id_), why)
        passage = self._passages.get(id_)
        if passage is None:
            return Reference(alias, "passage", id_, ("The book it comes from is not beside this run.",))
        where = " › ".join(part for part in passage.headings if part)
        page = f"page {passage.page}" if passage.page else "no page number"
        licence = f"Licence: {passage.licence}." if passage.licence else "Its licence is not recorded."
        return Reference(alias, "passage", passage.source, (f"{where}, {page}." if where else f"{page}.", licence))

    def _why_disease(self, id_: str, row: Trajectory) -> tuple[str, ...]:
        knowledge = self._knowledge
        path = " › ".join(knowledge.label(concept) for concept in knowledge.lineage(id_))
        if id_ == row.gold:
            role = "The label of the image."
        elif knowledge.is_ancestor(id_, row.gold):
            role = f"Stands above {knowledge.label(row.gold)} in the hierarchy."
        else:
            role = "Neither on the path of the label nor a distractor of this row."
        condition = knowledge.condition(id_)
        return (role, f"{path}; {condition.value if condition else 'a group of mixed conditions'}.")

    def _why_distractor(self, id_: str, via: str, gold: str) -> tuple[str, ...]:
        knowledge = self._knowledge
        lines = [f"Offered as {meanings.VIA.get(via, via)}."]
        if edge := knowledge.ddx.between(gold, id_):
            apart = "; ".join(
                f"{self._feature(c.feature)} ({c.here.value} here, {c.there.value} there)"
                for c in self._contrasts(gold, id_)
            )
            lines.append(f"A {edge.strength.value} differential of {knowledge.label(gold)}, told apart by {apart}.")
        return tuple(lines)

    def _why_feature(self, id_: str, row: Trajectory, findings: Mapping[str, bool]) -> tuple[str, ...]:
        knowledge = self._knowledge
        lines = [f"On this image: {_image(findings, id_)}."]
        for concept in (row.gold, *(d.concept for d in row.distractors)):
            polarity = knowledge.profile(concept).get(id_)
            says = polarity.value if polarity else "the release says nothing"
            lines.append(f"In {knowledge.label(concept)}: {says}.")
        return tuple(lines)


def _image(findings: Mapping[str, bool], id_: str) -> str:
    return NOT_ANNOTATED if id_ not in findings else SEEN if findings[id_] else NOT_SEEN


def _place(alias: tuple[str, str]) -> tuple[str, int, str]:
    """C2 stands before C10."""
    name = alias[0]
    return name[:1], int(name[1:]) if name[1:].isdigit() else 0, name


def _opposed(a: Polarity, b: Polarity) -> bool:
    """One side shows the sign, the other never does."""
    return a.supports is not b.supports


def _record(case: Case | None) -> tuple[tuple[str, str], ...]:
    """What the dataset recorded about the image, as far as it did."""
    if case is None:
        return ()
    rows = (
        ("label in the dataset", case.label),
        ("site", case.site),
        ("age", "" if case.age is None else f"{case.age:g}"),
        ("sex", case.sex),
        ("Fitzpatrick type", "" if case.fitzpatrick is None else str(case.fitzpatrick)),
        ("split", case.split),
        ("case", case.id),
    )
    return tuple((name, value) for name, value in rows if value)
