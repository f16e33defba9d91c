"""Rows asked as multiple choice. Which options stand beside a gold is `core.choice`'s to say."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace

from kg_service.core.answer import Answer, Dialect, instruction, parse
from kg_service.core.choice import Rule, offer
from kg_service.core.errors import OptionsInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge

from .data import Row
from .settings import Questions


def ask(rows: Sequence[Row], knowledge: Knowledge, questions: Questions, seed: int) -> list[Row]:
    """The rows with their question put as configured; wrong options come from the golds of these very rows.

    A row's question depends on the seed, its case and its turn alone, so that every repetition of a case gets one of
    its own, whatever stands before it.

    Raises:
        OptionsInvalid: names every case for which no question can be made.
    """
    dialect: Dialect = questions.dialect
    if questions.ask == "open":
        return [replace(row, prompt=instruction(dialect=dialect)) for row in rows]
    rule, pool = Rule(questions.ask), sorted({knowledge.gold(row.gold) for row in rows})
    found: list[Row] = []
    bad: dict[str, str] = {}
    for row in rows:
        key = hashlib.sha256(f"{seed}/{row.case_id}/{row.turn}".encode()).digest()
        chance = random.Random(int.from_bytes(key))
        if chance.random() < questions.open_share:
            found.append(replace(row, prompt=instruction(dialect=dialect)))
            continue
        gold = knowledge.gold(row.gold)
        try:
            choice = offer(knowledge, gold, rule, pool, chance, count=questions.count)
        except OptionsInvalid as error:
            bad[row.case_id] = str(error)
            continue
        options = choice.labels(knowledge)
        found.append(
            replace(
                row,
                prompt=instruction(options, dialect=dialect),
                options=options,
                via=choice.via,
                path=knowledge.lineage(gold),
            )
        )
    if bad:
        named = [f"{case}: {problem}" for case, problem in bad.items()]
        more = f"\n  … and {len(named) - 20} more" if len(named) > 20 else ""
        raise OptionsInvalid(
            f"no question can be made for {len(named)} cases:\n  - " + "\n  - ".join(named[:20]) + more
        )
    return found


def check_replies(rows: Sequence[Row], knowledge: Knowledge) -> None:
    """Demand that a reply which is learned as the answer to a multiple-choice question chooses the gold.

    Raises:
        RecordInvalid: names every row whose reply does not.
    """
    bad: dict[str, str] = {}
    for row in rows:
        answer = parse(row.completion, options=row.options or None)
        wanted = knowledge.label(knowledge.gold(row.gold))
        if row.options and not (isinstance(answer, Answer) and answer.diagnosis == wanted):
            bad[row.case_id] = answer.diagnosis if isinstance(answer, Answer) else answer.reason.value
    if bad:
        named = "; ".join(f"{name} ({said})" for name, said in list(bad.items())[:20])
        raise RecordInvalid(f"{len(bad)} trajectories do not choose the option that their gold is: {named}")
