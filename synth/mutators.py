"""One fault at a time, put into a clean candidate. They prove that the checks see what they are for.

A mutator changes the text that the student would read and renders the reply anew; most leave the structured fields as
they were, because that is how a faulty writer looks. Each returns None where its fault does not fit this candidate.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kg_service.core.answer import Answer, parse, render
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.mentions import Mention
from kg_service.core.trajectory import Distractor, Kind, Step, StepKind

from .checks.subject import Subject, joined
from .reading import Reader, quotations
from .writers.phrases import SPEAKS_AGAINST


@dataclass(frozen=True)
class Beside:
    """Other rows and the groups held out, for faults that only show beside them."""

    accepted: Sequence[Subject]
    held_out: Sequence[Case]


Mutator = Callable[[Subject, random.Random, Beside], Subject | None]


def _said(subject: Subject, steps: Sequence[Step]) -> Subject:
    """The candidate with other steps and the reply they make; fields as they were."""
    answer = subject.answer
    assert isinstance(answer, Answer)
    text = joined(tuple(steps)).strip()
    reply = render(Answer(text, answer.diagnosis, answer.condition)) if text else "<thinking></thinking>"
    return replace(subject, trajectory=replace(subject.trajectory, steps=tuple(steps), reply=reply))


def _tagged(subject: Subject, **parts: object) -> Subject:
    answer = subject.answer
    assert isinstance(answer, Answer)
    return replace(subject, trajectory=replace(subject.trajectory, reply=render(replace(answer, **parts))))  # type: ignore[arg-type]


def _swap_step(subject: Subject, place: int, text: str, refs: tuple[str, ...] | None = None) -> Subject:
    steps = list(subject.trajectory.steps)
    steps[place] = replace(steps[place], text=text, refs=steps[place].refs if refs is None else refs)
    return _said(subject, steps)


def _mentions(
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


def _rewrite(subject: Subject, place: int, mention: Mention, words: str) -> str:
    text = subject.trajectory.steps[place].text
    return text[: mention.start] + words + text[mention.end :]


def _other_feature(subject: Subject, chance: random.Random, negated: bool = False) -> str:
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
def _readable_concepts(reader: Reader) -> tuple[str, ...]:
    """The diseases whose preferred label is read back as themselves."""
    knowledge = reader.knowledge
    return tuple(c for c in sorted(knowledge.concepts) if reader.named(knowledge.label(c)) == {c})


def _stranger(subject: Subject, chance: random.Random) -> str:
    """A leaf that is neither near the gold nor on its path."""
    knowledge, gold = subject.knowledge, subject.case.gold
    near = {gold, *knowledge.ancestors(gold), *knowledge.descendants(gold), *knowledge.ddx.distractors(gold)[1]}
    return chance.choice(
        [c for c in _readable_concepts(subject.reader) if c not in near and knowledge.taxonomy.is_leaf(c)]
    )


def feature_swapped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    if not (found := _mentions(subject, True)):
        return None
    place, mention = chance.choice(found)
    label = subject.knowledge.feature(_other_feature(subject, chance, mention.negated)).pref_label
    return _swap_step(subject, place, _rewrite(subject, place, mention, label))


def feature_swapped_everywhere(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """Text and reference agree on the wrong feature."""
    if not (found := _mentions(subject, True)):
        return None
    place, mention = chance.choice(found)
    new = _other_feature(subject, chance, mention.negated)
    old = next(alias for alias, id_ in subject.trajectory.aliases.items() if id_ == mention.id)
    changed = _swap_step(subject, place, _rewrite(subject, place, mention, subject.knowledge.feature(new).pref_label))
    aliases = {**subject.trajectory.aliases, old: new}
    return replace(changed, trajectory=replace(changed.trajectory, aliases=aliases))


def feature_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    label = subject.knowledge.feature(_other_feature(subject, chance)).pref_label
    place = 0
    return _swap_step(subject, place, f"{subject.trajectory.steps[place].text} There is also {label}.")


_FACTS = (
    "The patient has lost 12 kg in two months.",
    "It measures 9 mm across.",
    "His father had the same lesion.",
    "The biopsy of last year was clear.",
    "It has doubled since spring.",
)


def fact_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    return _swap_step(subject, place, f"{subject.trajectory.steps[place].text} {chance.choice(_FACTS)}")


def fact_invented_inside(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    text = subject.trajectory.steps[place].text
    added = chance.choice((" after an injury", " for three weeks", " of 6 mm", " on palpation", " since childhood"))
    return _swap_step(subject, place, text[:-1] + added + text[-1])


def record_altered(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    if subject.case.age is None or f"{subject.case.age:.0f}" not in subject.rationale:
        return None
    old = f"{subject.case.age:.0f}"
    steps = [replace(s, text=re.sub(rf"\b{old}\b", str(int(old) + 7), s.text)) for s in subject.trajectory.steps]
    return _said(subject, steps)


def presence_flipped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was seen is told as missing."""
    found = [(p, m) for p, m in _mentions(subject, True) if not m.negated]
    if not found:
        return None
    place, mention = chance.choice(found)
    return _swap_step(subject, place, _rewrite(subject, place, mention, f"no {mention.text}"))


def absence_flipped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was missing is told as seen."""
    steps = subject.trajectory.steps
    fit = [p for p, s in enumerate(steps) if re.search(r"\b(no|without) ", s.text, re.IGNORECASE)]
    if not fit:
        return None
    place = chance.choice(fit)
    text = re.sub(r"\b(no sign of|no|without) ", "with ", steps[place].text, flags=re.IGNORECASE)
    return _swap_step(subject, place, text)


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
    return _swap_step(subject, place, text)


def distractor_swapped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    found = [(p, m) for p, m in _mentions(subject, False) if m.id in subject.offered]
    if not found:
        return None
    place, mention = chance.choice(found)
    return _swap_step(
        subject, place, _rewrite(subject, place, mention, subject.knowledge.label(_stranger(subject, chance)))
    )


def distractor_swapped_everywhere(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """Text, reference and field agree on a disease that nobody takes for the gold."""
    if not subject.offered:
        return None
    new = _stranger(subject, chance)
    label = subject.knowledge.label(new)
    steps = list(subject.trajectory.steps)
    for place, mention in reversed(_mentions(subject, False)):
        if mention.id in subject.offered:
            text = steps[place].text
            steps[place] = replace(steps[place], text=text[: mention.start] + label + text[mention.end :])
    aliases = {a: new if i in subject.offered else i for a, i in subject.trajectory.aliases.items()}
    changed = _said(subject, steps)
    via = subject.trajectory.distractors[0].via
    return replace(
        changed, trajectory=replace(changed.trajectory, aliases=aliases, distractors=(Distractor(new, via),))
    )


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
    changed = _said(subject, steps)
    return replace(
        changed, trajectory=replace(changed.trajectory, aliases={**subject.trajectory.aliases, alias: feature})
    )


def path_wrong(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The hierarchy step names a group that the gold is not in; text and reference agree."""
    found = _mentions(subject, False, (StepKind.HIERARCHY,))
    if not found:
        return None
    place, mention = chance.choice(found)
    own = {subject.case.gold, *subject.knowledge.ancestors(subject.case.gold)}
    groups = [c for c in _readable_concepts(subject.reader) if c not in own and subject.knowledge.children(c)]
    new = chance.choice(groups)
    old = next(alias for alias, id_ in subject.trajectory.aliases.items() if id_ == mention.id)
    changed = _swap_step(subject, place, _rewrite(subject, place, mention, subject.knowledge.label(new)))
    return replace(changed, trajectory=replace(changed.trajectory, aliases={**subject.trajectory.aliases, old: new}))


def path_reversed(subject: Subject, _chance: random.Random, _beside: Beside) -> Subject | None:
    found = _mentions(subject, False, (StepKind.HIERARCHY,))
    if len(found) != 2 or found[0][0] != found[1][0]:
        return None
    (place, upper), (_other, lower) = found
    text = subject.trajectory.steps[place].text
    turned = text[: upper.start] + lower.text + text[upper.end : lower.start] + upper.text + text[lower.end :]
    return _swap_step(subject, place, turned)


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
    changed = _swap_step(subject, place, text, (*steps[place].refs, alias))
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
    return _swap_step(subject, place, told + subject.trajectory.steps[place].text)


def prompt_leaked(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    told = chance.choice((" (F3)", " [ref]", " {feature}", " N1", " as the instruction says"))
    text = subject.trajectory.steps[place].text
    return _swap_step(subject, place, text[:-1] + told + text[-1])


def condition_flipped_in_text(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    own = subject.trajectory.condition.value
    steps = list(subject.trajectory.steps)
    if not (steps and steps[-1].kind is StepKind.CONCLUDE and own in steps[-1].text):
        return None
    other = chance.choice([c.value for c in Condition if c.value != own])
    before, _own, after = steps[-1].text.rpartition(own)
    return _swap_step(subject, len(steps) - 1, before + other + after)


def condition_flipped_in_tag(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    return _tagged(subject, condition=chance.choice([c for c in Condition if c is not subject.trajectory.condition]))


def diagnosis_wrong(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    return _tagged(subject, diagnosis=subject.knowledge.label(_stranger(subject, chance)))


def diagnosis_coarsened(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    above = subject.knowledge.ancestors(subject.case.gold)
    return _tagged(subject, diagnosis=subject.knowledge.label(above[-1])) if above else None


def conclusion_swapped(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The rationale ends with the distractor, the tag with the gold."""
    found = [(p, m) for p, m in _mentions(subject, False, (StepKind.CONCLUDE,)) if m.id == subject.case.gold]
    if not found or not subject.offered:
        return None
    place, mention = found[-1]
    other = min(subject.offered)
    return _swap_step(subject, place, _rewrite(subject, place, mention, subject.knowledge.label(other)))


def quote_altered(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    for place, step in enumerate(subject.trajectory.steps):
        if spans := quotations(step.text):
            words = spans[0].split()
            words[len(words) // 2] = "never"
            return _swap_step(subject, place, step.text.replace(spans[0], " ".join(words)))
    return None


def quote_without_source(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    for place, step in enumerate(subject.trajectory.steps):
        if quotations(step.text):
            return _swap_step(subject, place, step.text, ())
    return None


def reference_invented(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    place = chance.randrange(len(subject.trajectory.steps))
    step = subject.trajectory.steps[place]
    return _swap_step(subject, place, step.text, (*step.refs, "F777"))


def reference_dropped(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    fit = [place for place, step in enumerate(subject.trajectory.steps) if step.refs]
    if not fit:
        return None
    place = chance.choice(fit)
    step = subject.trajectory.steps[place]
    return _swap_step(subject, place, step.text, step.refs[1:])


def cut_off(subject: Subject, _: random.Random, __: Beside) -> Subject:
    """The text stops in the middle, the tags were closed by a repair."""
    steps = list(subject.trajectory.steps)
    last = steps[-1]
    steps[-1] = replace(last, text=" ".join(last.text.split()[: max(1, len(last.text.split()) // 2)]).rstrip(".;,"))
    return _said(subject, steps)


def finish_by_length(subject: Subject, _: random.Random, __: Beside) -> Subject:
    return replace(subject, finish="length")


def tag_missing(subject: Subject, _: random.Random, __: Beside) -> Subject:
    reply = subject.trajectory.reply
    return replace(subject, trajectory=replace(subject.trajectory, reply=reply[: int(len(reply) * 0.8)]))


def text_differs_from_steps(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    label = subject.knowledge.feature(_other_feature(subject, chance)).pref_label
    return _tagged(subject, rationale=f"{subject.rationale} There is also {label}.")


def too_long(subject: Subject, _: random.Random, __: Beside) -> Subject:
    steps = [replace(step, text=" ".join([step.text] * 60)) for step in subject.trajectory.steps]
    return _said(subject, steps)


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
            return _said(first, (*turned, *first.trajectory.steps[1:]))
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
    changed = _said(first, steps)
    return replace(changed, trajectory=replace(changed.trajectory, image="other.png", id="near"))


def diagnosis_of_the_rival(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The writer chose the alternative."""
    if not subject.offered:
        return None
    other = min(subject.offered)
    return _tagged(subject, diagnosis=subject.knowledge.label(other))


def rival_told_as_final(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A step before the conclusion settles on the alternative."""
    if not subject.offered:
        return None
    other = min(subject.offered)
    place = next(p for p, s in enumerate(subject.trajectory.steps) if s.kind is StepKind.DDX)
    told = chance.choice(("So the final diagnosis is {}.", "{} is the most likely diagnosis.", "I conclude {}."))
    text = f"{subject.trajectory.steps[place].text} {told.format(subject.knowledge.label(other))}"
    return _swap_step(subject, place, text)


def reasons_exchanged(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """What suggests the alternative is told against it, and what is against it is told to suggest it."""
    found = [(p, m) for p, m in _mentions(subject, True, (StepKind.DDX,)) if not m.negated]
    places = sorted({place for place, _ in found})
    if subject.kind is not Kind.REVISE or len(places) < 2:
        return None
    first = next(m for p, m in found if p == places[0])
    second = next(m for p, m in found if p == places[1])
    other = min(subject.offered)
    if first.id == second.id or subject.knowledge.profile(other)[first.id].value == "absent":
        return None
    steps = list(subject.trajectory.steps)
    alias = {id_: alias for alias, id_ in subject.trajectory.aliases.items()}
    for place, gone, come in ((places[0], first, second), (places[1], second, first)):
        refs = tuple(alias[come.id] if ref == alias[gone.id] else ref for ref in steps[place].refs)
        steps[place] = replace(steps[place], text=_rewrite(subject, place, gone, come.text), refs=refs)
    return _said(subject, steps)


def _added(subject: Subject, feature: str, text: str, kind: StepKind = StepKind.OBSERVE) -> Subject | None:
    """A sentence more in the first step of a kind, with its reference in order; {} is the feature's label."""
    place = next((p for p, s in enumerate(subject.trajectory.steps) if s.kind is kind), None)
    label = subject.knowledge.feature(feature).pref_label
    if place is None or subject.reader.named(label) != {feature}:
        return None
    alias = next((a for a, i in subject.trajectory.aliases.items() if i == feature), "F999")
    step = subject.trajectory.steps[place]
    refs = step.refs if alias in step.refs else (*step.refs, alias)
    changed = _swap_step(subject, place, f"{step.text} {text.format(label)}", refs)
    aliases = {**subject.trajectory.aliases, alias: feature}
    return replace(changed, trajectory=replace(changed.trajectory, aliases=aliases))


def sign_without_annotation(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that the disease has is told as seen on an image about which nobody noted anything."""
    if subject.case.findings:
        return None
    known = sorted(f for f, polarity in subject.gold_profile.items() if polarity.supports)
    return _added(subject, chance.choice(known), "The lesion shows {}.") if known else None


def missing_sign_hedged(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was looked for in vain is told as possible."""
    missing = [finding.feature for finding in subject.case.findings if not finding.present]
    told = chance.choice(("There may be {}.", "Perhaps there is {}.", "{} could be present.", "Possibly {}."))
    return _added(subject, chance.choice(missing), told) if missing else None


def seen_sign_denied_after(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """A sign that was seen is told as missing by words that follow it."""
    seen = [finding.feature for finding in subject.case.findings if finding.present]
    told = chance.choice(("{} is absent.", "{} cannot be seen.", "{} is not present.", "The lesion lacks {}."))
    return _added(subject, chance.choice(seen), told) if seen else None


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
    return _added(subject, chance.choice(both), told, StepKind.DDX) if both else None


def quote_too_long(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """More of a book than may be quoted, word for word."""
    for place, step in enumerate(subject.trajectory.steps):
        if spans := quotations(step.text):
            held = [p for p in subject.pack.passages if p.id in subject.cited(step)]
            long = " and ".join([held[0].text.rstrip(".")] * 4)
            passages = tuple(replace(p, text=long) if p is held[0] else p for p in subject.pack.passages)
            changed = _swap_step(subject, place, step.text.replace(spans[0], long))
            return replace(changed, pack=replace(changed.pack, passages=passages))
    return None


def quote_without_licence(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """The book's licence is not known."""
    if not any(quotations(step.text) for step in subject.trajectory.steps):
        return None
    return replace(subject, pack=replace(
        subject.pack, passages=tuple(replace(passage, licence="") for passage in subject.pack.passages)))  # fmt: skip


def quote_in_other_marks(subject: Subject, _: random.Random, __: Beside) -> Subject | None:
    """Quotation marks that hide a quotation from those who look for the usual ones."""
    for place, step in enumerate(subject.trajectory.steps):
        if quotations(step.text):
            return _swap_step(subject, place, step.text.replace("“", '"').replace("”", '"'))
    return None


def condition_in_other_words(subject: Subject, chance: random.Random, _: Beside) -> Subject:
    """A wrong kind of lesion in words that are not those of the tags."""
    wrong = {
        "benign": ("cancerous", "an invasive carcinoma", "a malignancy", "premalignant"),
        "malignant": ("harmless", "innocent", "non-cancerous", "in situ", "not cancer"),
        "precancerous or in situ": ("cancerous", "invasive", "harmless", "a carcinoma"),
        "non-neoplastic": ("cancerous", "a malignancy", "a lymphoma", "premalignant"),
    }[subject.trajectory.condition.value]
    place = len(subject.trajectory.steps) - 1
    return _swap_step(subject, place, f"{subject.trajectory.steps[place].text} It is {chance.choice(wrong)}.")


def conclusion_taken_back(subject: Subject, chance: random.Random, _: Beside) -> Subject | None:
    """The conclusion names the right disease, and denies it."""
    label = subject.knowledge.label(subject.case.gold)
    place = len(subject.trajectory.steps) - 1
    if subject.trajectory.steps[place].kind is not StepKind.CONCLUDE:
        return None
    told = chance.choice(("This is not {}.", "{} is unlikely.", "{} is ruled out."))
    return _swap_step(subject, place, f"{subject.trajectory.steps[place].text} {told.format(label)}")


# Fault -> the codes of which at least one must be raised.
FAULTS: dict[str, tuple[Mutator, frozenset[str]]] = {
    "feature swapped in the text": (feature_swapped_in_text, frozenset({"REF_TEXT"})),
    "feature swapped in text and references": (
        feature_swapped_everywhere,
        frozenset({"FEAT_IMG", "FEAT_KG", "POLARITY"}),
    ),
    "feature invented in the text": (feature_invented, frozenset({"REF_TEXT"})),
    "fact invented": (fact_invented, frozenset({"SENT_GROUND"})),
    "fact invented inside a sentence": (fact_invented_inside, frozenset({"SENT_GROUND"})),
    "age of the record altered": (record_altered, frozenset({"SENT_GROUND"})),
    "seen sign told as missing": (presence_flipped, frozenset({"FEAT_IMG", "POLARITY"})),
    "missing sign told as seen": (absence_flipped, frozenset({"FEAT_IMG", "FEAT_KG"})),
    "seen sign denied by what follows": (seen_sign_denied_after, frozenset({"FEAT_IMG", "POLARITY"})),
    "missing sign told as possible": (missing_sign_hedged, frozenset({"FEAT_IMG"})),
    "sign on an image without annotations": (sign_without_annotation, frozenset({"FEAT_IMG"})),
    "seen sign expected of the alternative": (seen_sign_expected_of_the_rival, frozenset({"POLARITY", "FEAT_IMG"})),
    "reasons for and against exchanged": (reasons_exchanged, frozenset({"POLARITY", "FEAT_KG", "DISCRIM"})),
    "verdict on the distractor reversed": (
        verdict_reversed,
        frozenset({"POLARITY", "FEAT_KG", "SENT_GROUND", "DISCRIM"}),
    ),
    "distractor swapped in the text": (distractor_swapped_in_text, frozenset({"DDX_NEIGHBOR"})),
    "distractor swapped everywhere": (distractor_swapped_everywhere, frozenset({"DDX_NEIGHBOR"})),
    "reason that does not discriminate": (indistinct_reason, frozenset({"DISCRIM", "POLARITY"})),
    "wrong path in the hierarchy": (path_wrong, frozenset({"HIER_PATH"})),
    "path in the wrong order": (path_reversed, frozenset({"HIER_PATH"})),
    "gold named too early": (gold_leaked, frozenset({"LEAK_EARLY"})),
    "source of the answer told": (source_told, frozenset({"LEAK_EARLY"})),
    "request shines through": (prompt_leaked, frozenset({"LEAK_PROMPT"})),
    "condition flipped in the text": (condition_flipped_in_text, frozenset({"MALIG"})),
    "condition flipped in the tag": (condition_flipped_in_tag, frozenset({"MALIG"})),
    "condition wrong in other words": (condition_in_other_words, frozenset({"MALIG"})),
    "alternative chosen": (diagnosis_of_the_rival, frozenset({"LBL_GOLD"})),
    "alternative told as final": (rival_told_as_final, frozenset({"LBL_GOLD", "SENT_GROUND"})),
    "conclusion taken back": (conclusion_taken_back, frozenset({"LBL_GOLD", "SENT_GROUND"})),
    "wrong diagnosis": (diagnosis_wrong, frozenset({"LBL_GOLD"})),
    "diagnosis coarser than the gold": (diagnosis_coarsened, frozenset({"LBL_GOLD"})),
    "conclusion names the distractor": (conclusion_swapped, frozenset({"LBL_GOLD"})),
    "quotation altered": (quote_altered, frozenset({"CITE_QUOTE"})),
    "quotation too long": (quote_too_long, frozenset({"CITE_QUOTE"})),
    "quotation of a book without a licence": (quote_without_licence, frozenset({"CITE_QUOTE"})),
    "quotation in other marks": (quote_in_other_marks, frozenset({"CITE_QUOTE", "SENT_GROUND"})),
    "quotation without a source": (quote_without_source, frozenset({"CITE_EXISTS"})),
    "reference invented": (reference_invented, frozenset({"CITE_EXISTS"})),
    "reference dropped": (reference_dropped, frozenset({"REF_TEXT", "CITE_EXISTS"})),
    "text cut off": (cut_off, frozenset({"FMT_TRUNC"})),
    "writer stopped by length": (finish_by_length, frozenset({"FMT_TRUNC"})),
    "tag missing": (tag_missing, frozenset({"FMT_PARSE"})),
    "text differs from the steps": (text_differs_from_steps, frozenset({"FMT_PARSE"})),
    "text too long": (too_long, frozenset({"LEN_BOUNDS"})),
    "row copied": (copied, frozenset({"DUP_EXACT"})),
    "facts retold": (retold, frozenset({"DUP_FACT"})),
    "row nearly copied": (nearly_copied, frozenset({"DUP_NEAR"})),
    "group of an evaluation split": (held_out_image, frozenset({"SPLIT_LEAK"})),
}


# Only where every word can be accounted for: a model may say in its own words what no check can trace.
OF_TEMPLATES = frozenset({"fact invented", "fact invented inside a sentence"})


def inject(fault: str, subject: Subject, chance: random.Random, beside: Beside) -> Subject | None:
    """A copy of a clean candidate with one fault; None where it cannot have this one."""
    changed = FAULTS[fault][0](subject, chance, beside)
    if changed is not None and changed.trajectory.reply == subject.trajectory.reply and changed == subject:
        return None
    return changed


def readable(subject: Subject) -> bool:
    """Whether a candidate's reply parses: only such ones are mutated."""
    return isinstance(parse(subject.trajectory.reply), Answer)
