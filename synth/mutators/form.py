"""Faults of form and source: leaks, quotations, references, cut texts, rows told twice."""

from __future__ import annotations

import random
from dataclasses import replace

from kg_service.core.trajectory import Kind, StepKind

from ..checks.subject import Subject
from ..reading import quotations
from .tools import Beside, other_feature, said, stranger, swap_step, tagged


def gold_leaked(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    steps = subject.trajectory.steps
    places = [p for p, s in enumerate(steps) if s.kind in (StepKind.HIERARCHY, StepKind.DDX)]
    if subject.kind is not Kind.KEEP:
        places += [p for p, s in enumerate(steps) if s.kind is StepKind.OBSERVE]
    if not places:
        return None
    place = places[0]
    alias = next((a for a, i in subject.trajectory.aliases.items() if i == subject.case.gold), "C99")
    text = f"{steps[place].text} This is {subject.knowledge.label(subject.case.gold)}."
    changed = swap_step(subject, place, text, (*steps[place].refs, alias))
    aliases = {**subject.trajectory.aliases, alias: subject.case.gold}
    return replace(changed, trajectory=replace(changed.trajectory, aliases=aliases))


def source_told(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    told = chance.choice(
        (
            "as given, ",
            "by the knowledge graph, ",
            "by the reference answer, ",
            "as annotated, ",
            "of the options, ",
            "candidate 2 being right, ",
            "the correct option being plain, ",
        )
    )
    place = chance.randrange(len(subject.trajectory.steps))
    return swap_step(subject, place, told + subject.trajectory.steps[place].text)


def prompt_leaked(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    told = chance.choice((" (F3)", " [ref]", " {feature}", " N1", " as the instruction says"))
    text = subject.trajectory.steps[place].text
    return swap_step(subject, place, text[:-1] + told + text[-1])


def quote_altered(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    for place, step in enumerate(subject.trajectory.steps):
        if spans := quotations(step.text):
            words = spans[0].split()
            words[len(words) // 2] = "never"
            return swap_step(subject, place, step.text.replace(spans[0], " ".join(words)))
    return None


def quote_too_long(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """More of a book than may be quoted, word for word."""
    for place, step in enumerate(subject.trajectory.steps):
        if spans := quotations(step.text):
            held = [p for p in subject.pack.passages if p.id in subject.cited(step)]
            long = " and ".join([held[0].text.rstrip(".")] * 4)
            passages = tuple(replace(p, text=long) if p is held[0] else p for p in subject.pack.passages)
            changed = swap_step(subject, place, step.text.replace(spans[0], long))
            return replace(changed, pack=replace(changed.pack, passages=passages))
    return None


def quote_without_licence(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The book's licence is not known."""
    if not any(quotations(step.text) for step in subject.trajectory.steps):
        return None
    return replace(subject, pack=replace(
        subject.pack, passages=tuple(replace(passage, licence="") for passage in subject.pack.passages)))  # fmt: skip


def quote_of_another(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The passage is about a disease that is neither the diagnosis nor above it."""
    if not any(quotations(step.text) for step in subject.trajectory.steps):
        return None
    other = stranger(subject, chance)
    return replace(subject, pack=replace(
        subject.pack, passages=tuple(replace(passage, about=other) for passage in subject.pack.passages)))  # fmt: skip


def quote_in_other_marks(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """Quotation marks that hide a quotation from those who look for the usual ones."""
    for place, step in enumerate(subject.trajectory.steps):
        if quotations(step.text):
            return swap_step(subject, place, step.text.replace("“", '"').replace("”", '"'))
    return None


def quote_without_source(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    for place, step in enumerate(subject.trajectory.steps):
        if quotations(step.text):
            return swap_step(subject, place, step.text, ())
    return None


def reference_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    step = subject.trajectory.steps[place]
    return swap_step(subject, place, step.text, (*step.refs, "F777"))


def reference_dropped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    fit = [place for place, step in enumerate(subject.trajectory.steps) if step.refs]
    if not fit:
        return None
    place = chance.choice(fit)
    step = subject.trajectory.steps[place]
    return swap_step(subject, place, step.text, step.refs[1:])


def cut_off(subject: Subject, _: random.Random, __: Beside) -> Subject:
    """The text stops in the middle, the tags were closed by a repair."""
    steps = list(subject.trajectory.steps)
    last = steps[-1]
    steps[-1] = replace(last, text=" ".join(last.text.split()[: max(1, len(last.text.split()) // 2)]).rstrip(".;,"))
    return said(subject, steps)


def finish_by_length(subject: Subject, _: random.Random, __: Beside) -> Subject:
    return replace(subject, finish="length")


def tag_missing(subject: Subject, _: random.Random, __: Beside) -> Subject:
    reply = subject.trajectory.reply
    return replace(subject, trajectory=replace(subject.trajectory, reply=reply[: int(len(reply) * 0.8)]))


def text_differs_from_steps(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    label = subject.knowledge.feature(other_feature(subject, chance)).pref_label
    return tagged(subject, rationale=f"{subject.rationale} There is also {label}.")


def too_long(subject: Subject, _: random.Random, __: Beside) -> Subject:
    steps = [replace(step, text=" ".join([step.text] * 60)) for step in subject.trajectory.steps]
    return said(subject, steps)


def copied(_subject: Subject, chance: random.Random, beside: Beside) -> Subject | None:
    """A row that is already there comes again."""
    if not beside.accepted:
        return None
    first = chance.choice(beside.accepted)
    return replace(first, trajectory=replace(first.trajectory, id=f"{first.trajectory.id}-again"))


def retold(subject: Subject, _: random.Random, beside: Beside) -> Subject | None:
    """The same facts of the same image in other words."""
    for first in beside.accepted:
        if first.case.id == subject.case.id and first.kind is subject.kind:
            turned = tuple(replace(s, text="In addition, " + s.text) for s in first.trajectory.steps[:1])
            return said(first, (*turned, *first.trajectory.steps[1:]))
    return None


def held_out_image(subject: Subject, _: random.Random, beside: Beside) -> Subject | None:
    if not beside.held_out:
        return None
    other = beside.held_out[0]
    return replace(subject, case=replace(subject.case, patient=other.patient, lesion=other.lesion, source=other.source))


def nearly_copied(subject: Subject, chance: random.Random, beside: Beside) -> Subject | None:
    """An accepted row with two words more, under another image."""
    long = [first for first in beside.accepted if len(first.rationale.split()) >= 40]
    if not long or subject.style == "brief":
        return None
    first = chance.choice(long)
    steps = list(first.trajectory.steps)
    steps[0] = replace(steps[0], text="However, " + steps[0].text)
    changed = said(first, steps)
    return replace(changed, trajectory=replace(changed.trajectory, image="other.png", id="near"))
