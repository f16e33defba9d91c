"""What mutators are made with: a candidate said otherwise, and what would be wrong in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kg_service.core.answer import Answer, render
from kg_service.core.case import Case
from kg_service.core.mentions import Mention
from kg_service.core.trajectory import Step, StepKind

from ..checks.subject import Subject, joined
from ..reading import Reader, quotations


@dataclass(frozen=True)
class Beside:
    """Other rows and the groups held out, for faults that only show beside them."""

    accepted: Sequence[Subject]
    held_out: Sequence[Case]


Mutator = Callable[[Subject, random.Random, Beside], Subject | None]


def said(subject: Subject, steps: Sequence[Step]) -> Subject:
    """The candidate with other steps and the reply they make; fields as they were."""
    answer = subject.answer
    assert isinstance(answer, Answer)
    text = joined(tuple(steps)).strip()
    reply = render(Answer(text, answer.diagnosis, answer.condition)) if text else "<thinking></thinking>"
    return replace(subject, trajectory=replace(subject.trajectory, steps=tuple(steps), reply=reply))


def tagged(subject: Subject, **parts: object) -> Subject:
    answer = subject.answer
    assert isinstance(answer, Answer)
    return replace(subject, trajectory=replace(subject.trajectory, reply=render(replace(answer, **parts))))  # type: ignore[arg-type]


def swap_step(subject: Subject, place: int, text: str, refs: tuple[str, ...] | None = None) -> Subject:
    steps = list(subject.trajectory.steps)
    steps[place] = replace(steps[place], text=text, refs=steps[place].refs if refs is None else refs)
    return said(subject, steps)


def mentions(
    subject: Subject, features: bool, kinds: Sequence[StepKind] = tuple(StepKind)
) -> list[tuple[int, Mention]]:
    """(step, mention in the step's own text) for every feature, or every disease, named."""
    found = []
    for place, (step, sentences) in enumerate(subject.sentences):
        if step.kind in kinds and not quotations(step.text):
            offset = 0
            for sentence in sentences:
                offset = step.text.index(sentence.text, offset)
                for m in sentence.features if features else sentence.concepts:
                    found.append((place, replace(m, start=m.start + offset, end=m.end + offset)))
    return found


def rewrite(subject: Subject, place: int, mention: Mention, words: str) -> str:
    text = subject.trajectory.steps[place].text
    return text[: mention.start] + words + text[mention.end :]


def other_feature(subject: Subject, chance: random.Random, negated: bool = False) -> str:
    """A feature that is in none of the texts and would not be true in this place.

    Not seen on the image; where it is to be told as missing, not missing either; and where the text is about what is
    typical, not typical of any disease at hand.
    """
    avoid = {finding.feature for finding in subject.case.findings if finding.present is not negated}
    avoid |= subject.reader.named(subject.rationale)
    if not any(finding.present for finding in subject.case.findings):
        avoid |= {f for c in (subject.case.gold, *subject.offered) for f in subject.knowledge.profile(c)}
    return chance.choice([f for f in _readable_features(subject.reader) if f not in avoid])


@lru_cache(maxsize=4)
def _readable_features(reader: Reader) -> tuple[str, ...]:
    """The features whose preferred label is read back as themselves."""
    labels = {f: feature.pref_label for f, feature in sorted(reader.knowledge.features.items())}
    return tuple(f for f, label in labels.items() if reader.named(label) == {f})


@lru_cache(maxsize=4)
def readable_concepts(reader: Reader) -> tuple[str, ...]:
    """The diseases whose preferred label is read back as themselves."""
    knowledge = reader.knowledge
    return tuple(c for c in sorted(knowledge.concepts) if reader.named(knowledge.label(c)) == {c})


def stranger(subject: Subject, chance: random.Random) -> str:
    """A leaf that is neither near the gold nor on its path."""
    knowledge, gold = subject.knowledge, subject.case.gold
    near = {gold, *knowledge.ancestors(gold), *knowledge.descendants(gold), *knowledge.ddx.distractors(gold)[1]}
    return chance.choice(
        [c for c in readable_concepts(subject.reader) if c not in near and knowledge.taxonomy.is_leaf(c)]
    )


def added(subject: Subject, feature: str, text: str, kind: StepKind = StepKind.OBSERVE) -> Subject | None:
    """A sentence more in the first step of a kind, with its reference in order; {} is the feature's label."""
    place = next((p for p, s in enumerate(subject.trajectory.steps) if s.kind is kind), None)
    label = subject.knowledge.feature(feature).pref_label
    if place is None or subject.reader.named(label) != {feature}:
        return None
    alias = next((a for a, i in subject.trajectory.aliases.items() if i == feature), "F999")
    step = subject.trajectory.steps[place]
    refs = step.refs if alias in step.refs else (*step.refs, alias)
    changed = swap_step(subject, place, f"{step.text} {text.format(label)}", refs)
    aliases = {**subject.trajectory.aliases, alias: feature}
    return replace(changed, trajectory=replace(changed.trajectory, aliases=aliases))
