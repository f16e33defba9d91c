"""Which rows are to be written, decided before a word is: a plan for each place in the run.

A plan depends on the seed, the configuration and the facts, never on what a writer answered. So batch files, resumed
runs and runs on many machines see the same jobs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from kg_service.core.case import Case
from kg_service.core.trajectory import FactPack, Kind

from .. import facts, plan
from ..chance import number
from ..writers.draft import Task
from .queue import turns
from .shop import PROMPT, Workshop, pack_of

# Kinds that stand in, in order, where the facts of a case carry no plan of the kind that was drawn.
_INSTEAD = {Kind.REVISE: (Kind.KEEP, Kind.DIRECT), Kind.KEEP: (Kind.DIRECT,), Kind.DIRECT: ()}


@dataclass(frozen=True, slots=True)
class Job:
    """One row to make. `wanted` is the kind that was drawn, `facts` the digest of the pack."""

    name: str
    case: Case
    pack: FactPack
    plan: plan.Plan
    wanted: Kind
    facts: str


class Planner:
    """Gives out jobs: the cases take turns, and nothing is told twice of one case."""

    def __init__(self, shop: Workshop, cases: Sequence[Case]) -> None:
        self._shop = shop
        self._turns = turns(cases, shop.seed)
        self._round = len(cases)
        self._told: set[tuple[str, Kind, str]] = set()  # case, kind, distractor
        self._dry: set[Kind] = set()
        self.replanned: Counter[str] = Counter()
        self.unplannable: Counter[str] = Counter()

    def next(self, wanted: Kind) -> Job | None:
        """A job of this kind, or of one that stands in for it; None once a whole round of the cases carries none."""
        if wanted not in self._dry:
            for case, turn in islice(self._turns, self._round):
                if job := self._of(case, wanted, turn):
                    return job
            self._dry.add(wanted)
        self.unplannable[f"no more facts for {wanted}"] += 1
        return None

    def _of(self, case: Case, wanted: Kind, turn: int) -> Job | None:
        shop = self._shop
        if wanted is Kind.DIRECT and (case.id, wanted, "") in self._told:
            self.unplannable["no facts for a plan"] += turn == 0
            return None
        name = f"{case.source}/{case.id}/{turn}"
        pack = pack_of(shop, case, turn)
        if pack.condition is None:
            self.unplannable["no condition"] += turn == 0
            return None
        chance = random.Random(number(shop.seed, f"plan/{name}"))
        for kind in (wanted, *_INSTEAD[wanted]):
            if shop.settings.kinds.get(kind.value, 0) <= 0:
                continue  # a kind of weight 0 is not wanted as a stand-in either
            if kind is Kind.DIRECT and (case.id, kind, "") in self._told:
                continue
            fresh = tuple(d for d in pack.distractors if (case.id, kind, d.concept) not in self._told)
            left = pack if len(fresh) == len(pack.distractors) else replace(pack, distractors=fresh)
            made = plan.make(shop.knowledge, case, left, kind, chance, shop.settings.cited)
            if made is None:
                continue
            told = (case.id, kind, made.distractor.concept if made.distractor else "")
            if told in self._told:
                continue
            self._told.add(told)
            if kind is not wanted:
                self.replanned[f"{wanted} -> {kind}"] += 1
            return Job(name, case, pack, made, wanted, shop.shelf.digest(pack))
        self.unplannable["no facts for a plan"] += turn == 0
        return None


def task_of(shop: Workshop, job: Job, attempt: int = 0, complaints: tuple[str, ...] = ()) -> Task:
    """A job in the form that writers take."""
    image = shop.folder / job.case.image
    return Task(job.name, job.case, job.pack, job.plan, image, attempt, complaints)


def request_of(shop: Workshop, job: Job, attempt: int, complaints: Sequence[str]) -> str:
    """What a row depends on, as one hash: equal requests give equal words and an equal provenance.

    Of another release every row is made anew; what it asks of a model in the same words is in the model's cache.
    """
    case, writer = job.case, shop.writer
    return facts.digest_of_text(
        shop.knowledge.digest, PROMPT, job.name, job.facts, case.image, case.site, case.sex, repr(case.age),
        repr(job.plan), writer.name, writer.version, shop.settings.style, str(shop.seed), str(attempt), *complaints,
    )  # fmt: skip
