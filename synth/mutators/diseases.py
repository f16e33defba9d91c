"""Faults in what is told of diseases: the comparison, the hierarchy, the condition, the diagnosis."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from kg_service.core.concept import Condition
from kg_service.core.trajectory import Distractor, StepKind

from ..checks.subject import Subject
from ..writers.phrases import SPEAKS_AGAINST
from .tools import Beside, mentions, readable_concepts, rewrite, said, stranger, swap_step, tagged


def verdict_reversed(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """What speaks against the distractor is told in its favour."""
    steps = subject.trajectory.steps
    fit = [p for p, s in enumerate(steps) if s.kind is StepKind.DDX and SPEAKS_AGAINST.search(s.text)]
    if not fit:
        return None
    place = chance.choice(fit)
    swaps = {"against": "for", "unlikely": "likely", "foreign to": "typical of", "would show": "would spare",
             "unexplained": "explained"}  # fmt: skip
    text = steps[place].text
    for word, turned in swaps.items():
        text = re.sub(rf"\b{word}\b", turned, text)
    return swap_step(subject, place, text)


def distractor_swapped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    found = [(p, m) for p, m in mentions(subject, False) if m.id in subject.offered]
    if not found:
        return None
    place, mention = chance.choice(found)
    return swap_step(
        subject, place, rewrite(subject, place, mention, subject.knowledge.label(stranger(subject, chance)))
    )


def distractor_swapped_everywhere(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """Text, reference and field agree on a disease that nobody takes for the gold."""
    if not subject.offered:
        return None
    new = stranger(subject, chance)
    label = subject.knowledge.label(new)
    steps = list(subject.trajectory.steps)
    for place, mention in reversed(mentions(subject, False)):
        if mention.id in subject.offered:
            text = steps[place].text
            steps[place] = replace(steps[place], text=text[: mention.start] + label + text[mention.end :])
    aliases = {a: new if i in subject.offered else i for a, i in subject.trajectory.aliases.items()}
    changed = said(subject, steps)
    via = subject.trajectory.distractors[0].via
    return replace(
        changed, trajectory=replace(changed.trajectory, aliases=aliases, distractors=(Distractor(new, via),))
    )


def path_wrong(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The hierarchy step names a group that the gold is not in; text and reference agree."""
    found = mentions(subject, False, (StepKind.HIERARCHY,))
    if not found:
        return None
    place, mention = chance.choice(found)
    own = {subject.case.gold, *subject.knowledge.ancestors(subject.case.gold)}
    groups = [c for c in readable_concepts(subject.reader) if c not in own and subject.knowledge.children(c)]
    new = chance.choice(groups)
    old = next(alias for alias, id_ in subject.trajectory.aliases.items() if id_ == mention.id)
    changed = swap_step(subject, place, rewrite(subject, place, mention, subject.knowledge.label(new)))
    return replace(changed, trajectory=replace(changed.trajectory, aliases={**subject.trajectory.aliases, old: new}))


def path_reversed(subject: Subject, _chance: random.Random, _beside: Beside) -> Subject | None:
    found = mentions(subject, False, (StepKind.HIERARCHY,))
    if len(found) != 2 or found[0][0] != found[1][0]:
        return None
    (place, upper), (_other, lower) = found
    text = subject.trajectory.steps[place].text
    turned = text[: upper.start] + lower.text + text[upper.end : lower.start] + upper.text + text[lower.end :]
    return swap_step(subject, place, turned)


def condition_flipped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    own = subject.trajectory.condition.value
    steps = subject.trajectory.steps
    if not (steps and steps[-1].kind is StepKind.CONCLUDE and own in steps[-1].text):
        return None
    other = chance.choice([c.value for c in Condition if c.value != own])
    before, _own, after = steps[-1].text.rpartition(own)
    return swap_step(subject, len(steps) - 1, before + other + after)


def condition_flipped_in_tag(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    return tagged(subject, condition=chance.choice([c for c in Condition if c is not subject.trajectory.condition]))


def condition_in_other_words(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    """A wrong kind of lesion in words that are not those of the tags."""
    wrong = {
        "benign": ("cancerous", "an invasive carcinoma", "a malignancy", "premalignant"),
        "malignant": ("harmless", "innocent", "non-cancerous", "in situ", "not cancer"),
        "precancerous or in situ": ("cancerous", "invasive", "harmless", "a carcinoma"),
        "non-neoplastic": ("cancerous", "a malignancy", "a lymphoma", "premalignant"),
    }[subject.trajectory.condition.value]
    place = len(subject.trajectory.steps) - 1
    return swap_step(subject, place, f"{subject.trajectory.steps[place].text} It is {chance.choice(wrong)}.")


def diagnosis_wrong(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    return tagged(subject, diagnosis=subject.knowledge.label(stranger(subject, chance)))


def diagnosis_of_the_rival(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The writer chose the alternative."""
    if not subject.offered:
        return None
    other = min(subject.offered)
    return tagged(subject, diagnosis=subject.knowledge.label(other))


def diagnosis_coarsened(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    above = subject.knowledge.ancestors(subject.case.gold)
    return tagged(subject, diagnosis=subject.knowledge.label(above[-1])) if above else None


def conclusion_swapped(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The rationale ends with the distractor, the tag with the gold."""
    found = [(p, m) for p, m in mentions(subject, False, (StepKind.CONCLUDE,)) if m.id == subject.case.gold]
    if not found or not subject.offered:
        return None
    place, mention = found[-1]
    other = min(subject.offered)
    return swap_step(subject, place, rewrite(subject, place, mention, subject.knowledge.label(other)))


def conclusion_taken_back(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The conclusion names the right disease, and denies it."""
    label = subject.knowledge.label(subject.case.gold)
    place = len(subject.trajectory.steps) - 1
    if subject.trajectory.steps[place].kind is not StepKind.CONCLUDE:
        return None
    told = chance.choice(("This is not {}.", "{} is unlikely.", "{} is ruled out."))
    return swap_step(subject, place, f"{subject.trajectory.steps[place].text} {told.format(label)}")


def rival_told_as_final(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A step before the conclusion settles on the alternative."""
    if not subject.offered:
        return None
    other = min(subject.offered)
    place = next(p for p, s in enumerate(subject.trajectory.steps) if s.kind is StepKind.DDX)
    told = chance.choice(("So the final diagnosis is {}.", "{} is the most likely diagnosis.", "I conclude {}."))
    text = f"{subject.trajectory.steps[place].text} {told.format(subject.knowledge.label(other))}"
    return swap_step(subject, place, text)
