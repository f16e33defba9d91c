"""Faults in what is told of signs and of the record."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from kg_service.core.concept import Polarity
from kg_service.core.trajectory import Kind, Step, StepKind

from ..checks.subject import Subject
from .tools import Beside, added, mentions, other_feature, rewrite, said, swap_step


def feature_swapped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    if not (found := mentions(subject, True)):
        return None
    place, mention = chance.choice(found)
    label = subject.knowledge.feature(other_feature(subject, chance, mention.negated)).pref_label
    return swap_step(subject, place, rewrite(subject, place, mention, label))


def feature_swapped_everywhere(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """Text and reference agree on the wrong feature."""
    if not (found := mentions(subject, True)):
        return None
    place, mention = chance.choice(found)
    new = other_feature(subject, chance, mention.negated)
    old = next(alias for alias, id_ in subject.trajectory.aliases.items() if id_ == mention.id)
    changed = swap_step(subject, place, rewrite(subject, place, mention, subject.knowledge.feature(new).pref_label))
    aliases = {**subject.trajectory.aliases, old: new}
    return replace(changed, trajectory=replace(changed.trajectory, aliases=aliases))


def feature_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    label = subject.knowledge.feature(other_feature(subject, chance)).pref_label
    return swap_step(subject, 0, f"{subject.trajectory.steps[0].text} There is also {label}.")


_FACTS = (
    "The patient has lost 12 kg in two months.",
    "It measures 9 mm across.",
    "His father had the same lesion.",
    "The biopsy of last year was clear.",
    "It has doubled since spring.",
)


def fact_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    return swap_step(subject, place, f"{subject.trajectory.steps[place].text} {chance.choice(_FACTS)}")


def fact_invented_inside(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    text = subject.trajectory.steps[place].text
    words = chance.choice((" after an injury", " for three weeks", " of 6 mm", " on palpation", " since childhood"))
    return swap_step(subject, place, text[:-1] + words + text[-1])


def record_altered(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    if subject.case.age is None or f"{subject.case.age:.0f}" not in subject.rationale:
        return None
    old = f"{subject.case.age:.0f}"
    steps = [replace(s, text=re.sub(rf"\b{old}\b", str(int(old) + 7), s.text)) for s in subject.trajectory.steps]
    return said(subject, steps)


def presence_flipped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was seen is told as missing."""
    found = [(p, m) for p, m in mentions(subject, True) if not m.negated]
    if not found:
        return None
    place, mention = chance.choice(found)
    return swap_step(subject, place, rewrite(subject, place, mention, f"no {mention.text}"))


def absence_flipped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was missing is told as seen."""
    steps = subject.trajectory.steps
    fit = [p for p, s in enumerate(steps) if re.search(r"\b(no|without) ", s.text, re.IGNORECASE)]
    if not fit:
        return None
    place = chance.choice(fit)
    text = re.sub(r"\b(no sign of|no|without) ", "with ", steps[place].text, flags=re.IGNORECASE)
    return swap_step(subject, place, text)


def seen_sign_denied_after(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was seen is told as missing by words that follow it."""
    seen = [finding.feature for finding in subject.case.findings if finding.present]
    told = chance.choice(("{} is absent.", "{} cannot be seen.", "{} is not present.", "The lesion lacks {}."))
    return added(subject, chance.choice(seen), told) if seen else None


def missing_sign_hedged(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was looked for in vain is told as possible."""
    missing = [finding.feature for finding in subject.case.findings if not finding.present]
    told = chance.choice(("There may be {}.", "Perhaps there is {}.", "{} could be present.", "Possibly {}."))
    return added(subject, chance.choice(missing), told) if missing else None


def sign_without_annotation(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that the disease has is told as seen on an image about which nobody noted anything."""
    if subject.case.findings:
        return None
    known = sorted(f for f, polarity in subject.gold_profile.items() if polarity.supports)
    return added(subject, chance.choice(known), "The lesion shows {}.") if known else None


def seen_sign_expected_of_the_rival(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The alternative "would show" what is there: that is no reason against it."""
    if not subject.offered:
        return None
    other = min(subject.offered)
    theirs = subject.knowledge.profile(other)
    both = [
        f.feature for f in subject.case.findings if f.present and f.feature in theirs and theirs[f.feature].supports
    ]
    told = f"{subject.knowledge.label(other)} would show {{}}."
    return added(subject, chance.choice(both), told, StepKind.DDX) if both else None


def reasons_exchanged(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """What suggests the alternative is told against it, and what is against it is told to suggest it."""
    found = [(p, m) for p, m in mentions(subject, True, (StepKind.DDX,)) if not m.negated]
    places = sorted({place for place, _ in found})
    if subject.kind is not Kind.REVISE or len(places) < 2:
        return None
    first = next(m for p, m in found if p == places[0])
    second = next(m for p, m in found if p == places[1])
    other = min(subject.offered)
    if first.id == second.id or subject.knowledge.profile(other)[first.id] is Polarity.ABSENT:
        return None
    steps = list(subject.trajectory.steps)
    alias = {id_: alias for alias, id_ in subject.trajectory.aliases.items()}
    for place, gone, come in ((places[0], first, second), (places[1], second, first)):
        refs = tuple(alias[come.id] if ref == alias[gone.id] else ref for ref in steps[place].refs)
        steps[place] = replace(steps[place], text=rewrite(subject, place, gone, come.text), refs=refs)
    return said(subject, steps)


def indistinct_reason(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The comparison rests on a sign that both diseases have."""
    if not subject.offered or subject.kind is not Kind.KEEP:
        return None
    other = min(subject.offered)
    theirs = subject.knowledge.profile(other)
    label = {f: subject.knowledge.feature(f).pref_label for f in theirs}
    both = [f for f, p in subject.gold_profile.items() if p.supports and theirs.get(f) is p
            and subject.reader.named(label[f]) == {f}]  # fmt: skip
    if not both:
        return None
    feature = chance.choice(sorted(both))
    steps = [step for step in subject.trajectory.steps if step.kind is not StepKind.DDX]
    alias = next((a for a, i in subject.trajectory.aliases.items() if i == feature), "F999")
    named = next(a for a, i in subject.trajectory.aliases.items() if i == other)
    text = f"{label[feature].capitalize()} speaks against {subject.knowledge.label(other)}."
    steps.insert(1, Step(StepKind.DDX, text, (alias, named)))
    changed = said(subject, steps)
    return replace(
        changed, trajectory=replace(changed.trajectory, aliases={**subject.trajectory.aliases, alias: feature})
    )
