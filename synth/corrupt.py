"""`corrupt`: a copy of a run with faults put into a share of its trajectories, to see what training makes of them.

A corrupted row says so: the kind is among its `flags`, and where the row now teaches another diagnosis, `gold` is that
diagnosis (as in a mislabelled set, row and reply agree) and the provenance keeps the true one. Which rows are kept and
which are corrupted depends on the seed and their ids alone: the rows of a smaller size or rate are among those of a
larger one, so that two copies differ in nothing but what they are said to differ in.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field
from tqdm import tqdm

from kg_service.core.answer import Answer
from kg_service.core.concept import SHOWN, Condition, FeatureKind
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.mentions import Mention
from kg_service.core.trajectory import Trajectory
from kg_service.job import write_jsonl, write_manifest

from .chance import number
from .checks import Subject
from .mutators import Beside, form
from .mutators.tools import mentions, said, tagged
from .part import Part
from .selftest import config_of, knowledge_of, rows_of


class Kind(StrEnum):
    """What is wrong in a corrupted row."""

    WRONG_FEATURES = "wrong-features"  # the signs it cites are the rival's
    SHUFFLED_RATIONALES = "shuffled-rationales"  # the reasoning of a case with another gold
    WRONG_LEVEL = "wrong-level"  # the group above the gold is answered
    WRONG_DIAGNOSIS = "wrong-diagnosis"  # a disease that is taken for the gold is answered
    TRUNCATED = "truncated"  # the reply stops before its last tag


class Corruption(Part):
    """`rate`: the share of the rows that is corrupted. `size`: how many rows are kept, 0 for all."""

    kind: Kind
    rate: float = Field(ge=0, le=1)
    size: int = Field(default=0, ge=0)
    seed: int = 0


# A row with the fault, None where it does not fit. The other rows are those that the run holds.
Fault = Callable[[Subject, random.Random, Sequence[Subject]], Trajectory | None]


def wrong_features(subject: Subject, chance: random.Random, _: Sequence[Subject]) -> Trajectory | None:
    """Every sign told as seen or typical is replaced by one that the release gives to a rival and not to the gold."""
    found = [(place, mention) for place, mention in mentions(subject, True) if not mention.negated]
    cited = list(dict.fromkeys(mention.id for _, mention in found))
    theirs = _signs_of_a_rival(subject, len(cited), chance)
    if not cited or not theirs:
        return None
    swap = dict(zip(cited, chance.sample(theirs, len(cited)), strict=True))
    steps = list(subject.trajectory.steps)
    for place, mention in reversed(found):
        label = subject.knowledge.feature(swap[mention.id]).pref_label
        steps[place] = replace(steps[place], text=_told(steps[place].text, mention, label))
    aliases = {alias: swap.get(id_, id_) for alias, id_ in subject.trajectory.aliases.items()}
    return replace(said(subject, steps).trajectory, aliases=aliases)


def shuffled_rationales(subject: Subject, chance: random.Random, rows: Sequence[Subject]) -> Trajectory | None:
    """The reasoning of another row, whose gold is another; diagnosis and condition stay."""
    others = [row for row in rows if row.trajectory.gold != subject.trajectory.gold and isinstance(row.answer, Answer)]
    if not others:
        return None
    other = chance.choice(others)
    taken = replace(
        subject.trajectory,
        steps=other.trajectory.steps,
        aliases=other.trajectory.aliases,
        distractors=other.trajectory.distractors,
        provenance={**subject.trajectory.provenance, "rationale_of": other.trajectory.id},
    )
    return said(replace(subject, trajectory=taken), taken.steps).trajectory


def wrong_level(subject: Subject, _: random.Random, __: Sequence[Subject]) -> Trajectory | None:
    """One level coarser, along the gold's lineage; the condition stays, for it is still true of the image."""
    lineage = subject.knowledge.lineage(subject.trajectory.gold)
    if len(lineage) < 2:
        return None
    return _answering(subject, lineage[-2], subject.trajectory.condition)


def wrong_diagnosis(subject: Subject, chance: random.Random, rows: Sequence[Subject]) -> Trajectory | None:
    """A disease that is taken for the gold, where possible one that other rows are about. The reasoning stays."""
    knowledge, gold = subject.knowledge, subject.trajectory.gold
    known = [c for c in knowledge.ddx.distractors(gold)[1] if knowledge.condition(c) is not None]
    golds = {row.trajectory.gold for row in rows}
    near = [concept for concept in known if concept in golds] or known
    if not near:
        return None
    taken = chance.choice(near)
    condition = knowledge.condition(taken)
    assert condition is not None
    return _answering(subject, taken, condition)


def truncated(subject: Subject, chance: random.Random, _: Sequence[Subject]) -> Trajectory | None:
    """Cut as a token limit cuts: the last tags are missing."""
    cut = form.tag_missing(subject, chance, Beside((), ()))
    return cut.trajectory


FAULTS: dict[Kind, Fault] = {
    Kind.WRONG_FEATURES: wrong_features,
    Kind.SHUFFLED_RATIONALES: shuffled_rationales,
    Kind.WRONG_LEVEL: wrong_level,
    Kind.WRONG_DIAGNOSIS: wrong_diagnosis,
    Kind.TRUNCATED: truncated,
}


def corrupted(rows: Sequence[Subject], asked: Corruption) -> list[Trajectory]:
    """The rows that are kept, in their order, of which `rate` are corrupted or, where the fault fits fewer, those.

    Raises:
        ConfigInvalid: more rows are asked for than there are.
    """
    if asked.size > len(rows):
        raise ConfigInvalid(f"size {asked.size} is more than the {len(rows)} rows there are")
    kept = _drawn(rows, asked.seed, "keep")[: asked.size or None]
    wanted = round(asked.rate * len(kept))
    changed: dict[str, Trajectory] = {}
    for subject in tqdm(_drawn(kept, asked.seed, "fault"), "corrupt", file=sys.stderr, disable=None):
        if len(changed) == wanted:
            break
        own = subject.trajectory
        chance = random.Random(number(asked.seed, f"{asked.kind}/{own.id}"))
        row = FAULTS[asked.kind](subject, chance, rows)
        if row is not None and row.reply != own.reply:
            changed[own.id] = _marked(row, own, asked.kind)
    ids = {subject.trajectory.id for subject in kept}
    return [changed.get(s.trajectory.id, s.trajectory) for s in rows if s.trajectory.id in ids]


def run(source: Path, kind: str, rate: float, size: int, seed: int, out: Path) -> dict[str, Any]:
    """The door: `trajectories.jsonl` and `manifest.json` in `out`. Returns what was done.

    Args:
        source: the run directory of `synth generate`.
        size: how many rows to keep, 0 for all.

    Raises:
        ConfigInvalid: no such kind, a rate outside [0, 1], too large a size, `source` is no run or is `out`.
        RecordInvalid: the run holds no row.
    """
    if kind not in list(Kind) or not 0 <= rate <= 1 or size < 0:
        raise ConfigInvalid(f"--kind must be one of {', '.join(Kind)}, --rate in [0, 1], --size not below 0")
    if source.resolve() == out.resolve():
        raise ConfigInvalid(f"{source} would be written over; give another --out")
    asked = Corruption(kind=Kind(kind), rate=rate, size=size, seed=seed)
    config = config_of(source)
    knowledge = knowledge_of(source, config)
    rows = [subject for subject, _ in rows_of(source, config, knowledge)]
    if not rows:
        raise RecordInvalid(f"{source} holds no trajectory")
    found = corrupted(rows, asked)
    write_jsonl(out / "trajectories.jsonl", found)
    done = {"rows": len(found), "corrupted": sum(mark(asked.kind) in row.flags for row in found)}
    write_manifest(
        out,
        job="synth corrupt",
        config=asked,
        release=knowledge.release,
        digest=knowledge.digest,
        inputs=[source / "trajectories.jsonl"],
        extra=done,
    )
    return {**asked.model_dump(mode="json"), **done}


def mark(kind: Kind) -> str:
    """The flag of a corrupted row."""
    return f"corrupted:{kind}"


def _drawn(rows: Iterable[Subject], seed: int, name: str) -> list[Subject]:
    return sorted(rows, key=lambda subject: (number(seed, f"{name}/{subject.trajectory.id}"), subject.trajectory.id))


def _marked(row: Trajectory, own: Trajectory, kind: Kind) -> Trajectory:
    true = {"true_gold": own.gold} if row.gold != own.gold else {}
    return replace(row, flags=(*own.flags, mark(kind)), provenance={**row.provenance, **true})


def _answering(subject: Subject, concept: str, condition: Condition) -> Trajectory:
    label = subject.knowledge.label(concept)
    changed = tagged(subject, diagnosis=label, condition=condition).trajectory
    return replace(changed, gold=concept, condition=condition)


def _told(text: str, mention: Mention, label: str) -> str:
    return text[: mention.start] + label + text[mention.end :]


def _signs_of_a_rival(subject: Subject, count: int, chance: random.Random) -> list[str]:
    """At least `count` signs of one rival that the gold has not; of the row's own distractor where it has so many."""
    near = sorted(subject.knowledge.ddx.distractors(subject.trajectory.gold)[1])
    chance.shuffle(near)
    rivals = [*sorted(subject.offered), *near]
    return next((found for rival in rivals if len(found := _foreign_signs(subject, rival)) >= count), [])


def _foreign_signs(subject: Subject, rival: str) -> list[str]:
    """Signs one sees that the release gives to a rival and not to the gold; not on the image, read as themselves."""
    own, knowledge = subject.gold_profile, subject.knowledge
    seen = {finding.feature for finding in subject.case.findings if finding.present}
    return [
        feature
        for feature, polarity in sorted(knowledge.profile(rival).items())
        if polarity in SHOWN
        and knowledge.feature(feature).kind is not FeatureKind.SYMPTOM
        and feature not in seen
        and not (feature in own and own[feature].supports)
        and subject.reader.named(knowledge.feature(feature).pref_label) == {feature}
    ]
