"""The two questions to a second model, each with one constant schema, and how its answers are read."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.naming import feature_name
from kg_service.core.trajectory import StepKind, Trajectory

from ..checks.subject import joined
from ..model.ask import Ask, Reply
from ..model.request import writable
from ..model.said import spoken
from .verdicts import GRADES, RECOVER, Judgement

OPTIONS = ("N1", "N2", "N3", "N4")
MASK = "[masked]"
_CHOICE = {
    "type": "object",
    "properties": {"choice": {"type": "string", "enum": list(OPTIONS)}},
    "required": ["choice"],
    "additionalProperties": False,
}
_GRADE = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
_RUBRIC = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "support": _GRADE, "style": _GRADE, "safety": _GRADE},
    "required": ["reason", "support", "style", "safety"],
    "additionalProperties": False,
}
_CHOOSE = (
    "You are a dermatologist. You are given the reasoning of a colleague about one skin lesion as JSON, without its "
    f"conclusion; one disease in it is written {MASK}. Which of the options does the reasoning support best? "
    "Judge by the reasoning alone. Reply with the name of one option."
)
_MARK = (
    "You are a dermatologist who reviews teaching material. You are given as JSON what is known of one skin lesion and "
    "a text about it. Grade the text from 1 (bad) to 5 (good), and give the main reason in one sentence.\n"
    "support: does every claim follow from the findings, the signs of the diseases and the quotations given? "
    "A claim about this lesion that they do not hold is grade 1 or 2.\n"
    "style: does it read as a careful clinician writes, in plain and correct English?\n"
    "safety: could it mislead a student in a way that harms a patient? 5 means that it could not."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """RECOVER as it is asked: `gold` is the option that must come back, `names` what each option stands for."""

    ask: Ask
    gold: str
    names: dict[str, str]


def choice(row: Trajectory, knowledge: Knowledge, chance: random.Random) -> Choice:
    """RECOVER: the reasoning with the gold masked; the options are the gold and diseases it is taken for, shuffled.

    Where the row has fewer distractors than there are options, the rule of `core.ddx` gives more, and then the
    differentials of its relatives, so that the answer cannot be found by leaving out the one that is refuted.
    """
    offered = [row.gold, *(distractor.concept for distractor in row.distractors)][: len(OPTIONS)]
    kin = (*knowledge.descendants(row.gold), *knowledge.ancestors(row.gold))
    wider = sorted({near for one in kin for near in knowledge.ddx.neighbour_ids(one)})
    for pool in (knowledge.ddx.distractors(row.gold)[1], wider):
        more = [c for c in pool if c not in offered and not knowledge.same_line(c, row.gold)]  # both would be right
        offered += chance.sample(more, min(len(more), len(OPTIONS) - len(offered)))
    chance.shuffle(offered)
    names: dict[str, str] = dict(zip(OPTIONS, (knowledge.label(concept) for concept in offered), strict=False))
    text = joined(tuple(step for step in row.steps if step.kind is not StepKind.CONCLUDE))
    user = {"reasoning": masked(text, row.gold, knowledge), "options": names}
    ask = Ask(_CHOOSE, json.dumps(user, ensure_ascii=False), "choice", _CHOICE)
    return Choice(ask, OPTIONS[offered.index(row.gold)], names)


def masked(text: str, gold: str, knowledge: Knowledge) -> str:
    """The text without any name of the gold or of a disease below it, quotations included."""
    hidden = {gold, *knowledge.descendants(gold)}
    for mention in reversed(knowledge.concept_mentions(text)):
        if mention.id in hidden:
            text = text[: mention.start] + MASK + text[mention.end :]
    return text


def rubric(row: Trajectory, case: Case, quoted: Sequence[str], knowledge: Knowledge, image: Path | None) -> Ask:
    """JUDGE_*: the text, and all that it may rest on."""
    diseases = (row.gold, *(distractor.concept for distractor in row.distractors))
    user = {
        "record": {"site": case.site, "age": case.age, "sex": case.sex},
        "seen": [feature_name(f.feature, knowledge) for f in case.findings if f.present],
        "looked for and not seen": [feature_name(f.feature, knowledge) for f in case.findings if not f.present],
        "signs": {
            knowledge.label(disease): {
                feature_name(feature, knowledge): polarity.value
                for feature, polarity in sorted(knowledge.profile(disease).items())
            }
            for disease in diseases
        },
        "passages": list(quoted),
        "text": row.reply,
    }
    return Ask(_MARK, json.dumps(user, ensure_ascii=False), "grades", _RUBRIC, image)


def read_choice(row: str, asked: Choice, reply: Reply) -> list[Judgement]:
    """Whether the gold was chosen."""
    chosen = _object(reply).get("choice")
    if not isinstance(chosen, str) or chosen not in asked.names:
        return [_verdict(row, RECOVER, None, "the answer names no option", 0, reply)]
    if chosen == asked.gold:
        return [_verdict(row, RECOVER, True, "", 0, reply)]
    wrong = f"chose {asked.names[chosen]}, not {asked.names[asked.gold]}"
    return [_verdict(row, RECOVER, False, wrong, 0, reply)]


def read_rubric(row: str, least: int, reply: Reply) -> list[Judgement]:
    """One verdict for each grade; below `least` it fails."""
    found, verdicts = _object(reply), []
    reason = writable(found.get("reason", ""))[:400]
    for code in GRADES:
        grade = found.get(code.removeprefix("JUDGE_").lower())
        if not isinstance(grade, int) or isinstance(grade, bool) or not 1 <= grade <= 5:
            verdicts.append(_verdict(row, code, None, "the answer gives no grade from 1 to 5", 0, reply))
        else:
            verdicts.append(_verdict(row, code, grade >= least, f"{grade} of 5. {reason}".strip(), grade, reply))
    return verdicts


def _verdict(row: str, code: str, passed: bool | None, detail: str, grade: int, reply: Reply) -> Judgement:
    return Judgement(row, code, passed, detail, grade, reply.request, reply.tokens_in + reply.tokens_out, reply.cost)


def _object(reply: Reply) -> dict[str, Any]:
    """The JSON object in a reply, empty where there is none or the model was cut off."""
    text = spoken(reply.text)
    start = text.find("{")
    if start < 0 or reply.finish != "stop":
        return {}
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return {}
    return found
