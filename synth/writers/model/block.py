"""What a model is given of a case: the facts as one JSON object, the gold among the others and unmarked."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kg_service.core.concept import SHOWN, Polarity
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Distractor

from ...chance import number
from ...checks.shape import BOUNDS
from ...reading import Reader
from ...sites import where
from ...wording import Wording
from ..draft import Task
from .complaints import advice
from .library import Library
from .schema import MOST


@dataclass(frozen=True, slots=True)
class Block:
    """The user's message, and what its aliases stand for. `weighed`: alias of a disease -> how it became one to
    weigh; the gold is not in it."""

    text: str
    meaning: Mapping[str, str]
    weighed: Mapping[str, Distractor]
    gold: str


def block(
    task: Task,
    reader: Reader,
    wording: Wording,
    style: str,
    *,
    library: Library | None = None,
    show_answer: bool = False,
) -> Block:
    """Lay out the facts of a task. The order of the diseases is drawn by the task's name and attempt."""
    pack, knowledge = task.pack, reader.knowledge
    chance = random.Random(number(task.attempt, f"diseases/{task.name}"))
    others = [d for d in pack.distractors if d.concept in wording.concepts][: MOST["N"] - 1]
    drawn: list[Distractor | None] = [None, *others]
    chance.shuffle(drawn)
    diseases = {f"N{place}": d.concept if d else pack.gold for place, d in enumerate(drawn, start=1)}
    lines = {
        id_: [c for c in knowledge.lineage(id_)[:-1] if c in wording.concepts]
        for id_ in diseases.values()
    }  # fmt: skip
    profiles = {id_: knowledge.profile(id_) for id_ in diseases.values()}
    groups = _named("C", [c for line in lines.values() for c in line])
    signs = _named("F", _signs(task, profiles.values(), wording))
    told = library.excerpts(list(diseases.values()), pack.gold if show_answer else "", chance) if library else []
    passages = _named("P", [excerpt.passage for excerpt in told])
    gold = next(alias for alias, id_ in diseases.items() if id_ == pack.gold)

    def of_polarity(id_: str, polarity: Polarity) -> list[str]:
        return [signs[f] for f, told in profiles[id_].items() if told is polarity and f in signs]

    facts: dict[str, Any] = {"task": task.plan.kind.value, "words": BOUNDS[style], "record": _record(task, reader)}
    facts["names"] = {alias: wording.features[id_][0] for id_, alias in signs.items()}
    facts["names"] |= {alias: wording.concepts[id_] for id_, alias in groups.items()}
    facts["image"] = _image(task, signs)
    facts["diseases"] = [
        {"alias": alias, "name": wording.concepts.get(id_, knowledge.label(id_))}
        | {"condition": _condition(knowledge, task, id_), "above": [groups[c] for c in lines[id_] if c in groups]}
        | {polarity.value: of_polarity(id_, polarity) for polarity in Polarity}
        for alias, id_ in diseases.items()
    ]
    if told:
        called = {id_: alias for alias, id_ in diseases.items()}
        facts["passages"] = [
            {"alias": passages[one.passage], "about": [called[id_] for id_ in one.about], "text": one.text}
            for one in told
            if one.passage in passages
        ]
    spoken = {id_: f"{alias} ({facts['names'][alias]})" for id_, alias in signs.items()}
    if minded := advice(task.complaints, spoken):
        facts["mind"] = minded
    if show_answer:
        facts["answer"] = gold
    meaning = diseases | {alias: id_ for id_, alias in (groups | signs | passages).items()}
    weighed = {f"N{place}": d for place, d in enumerate(drawn, start=1) if d}
    return Block(json.dumps(facts, ensure_ascii=False, separators=(",", ":")), meaning, weighed, gold)


def _named(letter: str, ids: Iterable[str]) -> dict[str, str]:
    """Id -> alias, in the order given; no more than there are aliases."""
    return {id_: f"{letter}{place}" for place, id_ in enumerate(list(dict.fromkeys(ids))[: MOST[letter]], start=1)}


def _signs(task: Task, profiles: Iterable[Mapping[str, Polarity]], wording: Wording) -> list[str]:
    """The signs of the image first, then what is typical of a disease, by id; only those with a name to be read back.

    Other signs tell nothing here, and there are hundreds of them.
    """
    noted = [finding.feature for finding in task.pack.findings]
    typical = SHOWN if task.plan.typical else (Polarity.CHARACTERISTIC,)
    known = sorted({feature for profile in profiles for feature, told in profile.items() if told in typical})
    return [feature for feature in (*noted, *known) if feature in wording.features]


def _image(task: Task, signs: Mapping[str, str]) -> dict[str, list[str]] | None:
    shown = [(signs[f.feature], f.present) for f in task.pack.findings if f.feature in signs]
    if task.plan.typical or not shown:
        return None
    return {"shows": [a for a, present in shown if present], "lacks": [a for a, present in shown if not present]}


def _record(task: Task, reader: Reader) -> dict[str, str | int]:
    """What is known of the patient. A site whose words name a sign is left out: nobody looked for it."""
    case = task.case
    place = where(case.site) if case.site else ""
    signs = [mention for sentence in reader.sentences(place) for mention in sentence.features]
    if any(mention.text.lower() != place for mention in signs):  # the checks know the site itself for what it is
        place = ""
    told: dict[str, str | int] = {"site": place, "sex": case.sex}
    if case.age is not None:
        told["age"] = round(case.age)
    return {key: value for key, value in told.items() if value != ""}


def _condition(knowledge: Knowledge, task: Task, id_: str) -> str:
    """A group whose members differ has that of the case, whichever group is right."""
    own = task.pack.condition if id_ == task.pack.gold else knowledge.condition(id_) or task.case.condition
    return own.value if own else "mixed"
