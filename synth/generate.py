"""The job `generate`: cases -> trajectories, with everything that was refused and why.

The journal in the run directory is the truth. A killed run starts again where it stopped; a changed configuration keeps
every row whose request (case, facts, plan, writer, seed) is still the same.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from tqdm import tqdm

from kg_service.core.answer import Answer, instruction, render
from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Kind, Passage, Rejection, Trajectory
from kg_service.job import Journal, dump_record, file_digest, read_jsonl, write_manifest, write_text

from . import facts, plan, report, textbook
from .checks import Corpus, Severity, Subject, review
from .checks.rules import CODES_OF_CORPUS, Finding, compare, hard
from .checks.subject import joined
from .phantoms import number
from .queue import kinds, turns
from .reading import Reader
from .settings import SynthConfig, Write
from .writers import Draft, OfflineWriter, Writer

PROMPT = facts.digest_of_text(instruction())
# Kinds that stand in, in order, where the facts of a case carry no plan of the kind that was drawn.
_INSTEAD = {Kind.REVISE: (Kind.KEEP, Kind.DIRECT), Kind.KEEP: (Kind.DIRECT,), Kind.DIRECT: ()}


@dataclass
class Tally:
    """The funnel of one run."""

    wanted: int = 0
    planned: int = 0
    generated: int = 0
    parsed: int = 0
    accepted: int = 0
    reused: int = 0
    replanned: Counter[str] = field(default_factory=Counter)
    unplannable: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Workshop:
    """What every row is made with."""

    knowledge: Knowledge
    reader: Reader
    writer: Writer
    passages: Mapping[str, Sequence[Passage]]
    corpus: Corpus
    familiar: frozenset[str]
    settings: Write
    seed: int
    used: set[tuple[str, Kind, str]] = field(default_factory=set)  # case, kind, distractor: facts told once


@dataclass(frozen=True)
class Job:
    """One row to make: a plan and the seed of its words."""

    name: str
    case: Case
    pack: FactPack
    plan: plan.Plan
    wanted: Kind
    facts: str


@dataclass(frozen=True)
class Entry:
    """One line of the journal: an attempt, and the row or the rejection it ended in."""

    slot: str
    request: str
    row: Trajectory | None = None
    rejection: Rejection | None = None


def make(config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> tuple[bool, dict[str, Any]]:
    """Write trajectories.jsonl, rejections.jsonl, report.md/.json, card.md and manifest.json.

    Returns:
        Whether every configured floor is met, and the report.

    Raises:
        RecordInvalid: there is no case to write from.
        ImageUnreadable: the image of a case is missing.
    """
    path = cases_path(config, run_dir)
    every = list(read_jsonl(path, Case))
    chosen = [case for case in every if case.split in config.write.splits]
    if not chosen:
        raise RecordInvalid(f"{path} holds no case of the splits {', '.join(config.write.splits)}")
    held_out = [case for case in every if case.split in config.write.held_out]
    shop = workshop(config, knowledge, every, image_digests([*chosen, *held_out], path.parent))
    tally = Tally(wanted=config.write.rows or len(chosen))
    with Journal(run_dir / "journal" / "rows.jsonl") as journal:
        rows, refused, flags = _fill(shop, chosen, tally, journal)
    write_text(run_dir / "trajectories.jsonl", "".join(dump_record(row) + "\n" for row in rows))
    write_text(run_dir / "rejections.jsonl", "".join(dump_record(row) + "\n" for row in refused))
    found = report.build(config, knowledge, chosen, rows, refused, flags, tally)
    report.write(run_dir, found, rows)
    write_manifest(
        run_dir, job="synth generate", config=config, release=knowledge.release, digest=knowledge.digest,
        inputs=[path], extra={"counts": found["funnel"], "prompt": PROMPT},
    )  # fmt: skip
    return not found["below_floor"], found


def cases_path(config: SynthConfig, run_dir: Path) -> Path:
    return Path(config.write.cases) if config.write.cases else run_dir / "cases.jsonl"


def workshop(config: SynthConfig, knowledge: Knowledge, cases: Sequence[Case], digests: Mapping[str, str]) -> Workshop:
    """Set up for one run. `cases` are those of all splits."""
    reader, settings = Reader(knowledge), config.write
    held_out = [case for case in cases if case.split in settings.held_out]
    return Workshop(
        knowledge=knowledge,
        reader=reader,
        writer=OfflineWriter(knowledge, settings.style, reader),
        passages=textbook.read(Path(settings.passages), knowledge) if settings.passages else {},
        corpus=Corpus(held_out, digests, everywhere=settings.style == "full"),
        familiar=frozenset(case.gold for case in cases) if settings.familiar else frozenset(),
        settings=settings,
        seed=config.seed,
    )


def image_digests(cases: Sequence[Case], folder: Path) -> dict[str, str]:
    """Case id -> sha256 of its image file.

    Raises:
        ImageUnreadable: a file is missing.
    """
    found = {}
    for case in cases:
        try:
            found[case.id] = file_digest(folder / case.image)
        except OSError as error:
            raise ImageUnreadable(f"{folder / case.image} (case {case.id}) cannot be read: {error.strerror}") from error
    return found


def _fill(
    shop: Workshop, cases: Sequence[Case], tally: Tally, journal: Journal
) -> tuple[list[Trajectory], list[Rejection], Counter[str]]:
    """Make rows until as many are accepted as wanted, or the budget of candidates is spent."""
    kept = _remembered(journal)
    rows: list[Trajectory] = []
    refused: list[Rejection] = []
    flags: Counter[str] = Counter()
    budget = int(tally.wanted * shop.settings.candidates) + shop.settings.attempts
    waiting = kinds(shop.settings.kinds, tally.wanted, shop.seed)[::-1]
    idle = 0
    bar = tqdm(total=tally.wanted, desc="writing", file=sys.stderr, disable=None)
    for case, turn in turns(cases, shop.seed):
        if idle > len(cases):  # a whole round carried no row of this kind: there are no more
            starved = waiting[-1]
            tally.unplannable[f"no more facts for {starved}"] += waiting.count(starved)
            waiting, idle = [kind for kind in waiting if kind is not starved], 0
        if not waiting or tally.generated >= budget:
            break
        idle += 1
        job = _job(shop, case, waiting[-1], turn, tally)
        if job is None:
            continue
        waiting.pop()
        tally.planned += 1
        for attempt in range(shop.settings.attempts):
            slot, request = f"{job.name}/{attempt}", _request(shop, job, attempt)
            done = kept.get((slot, request))
            tally.generated += 1
            tally.reused += done is not None
            if done is not None and done.rejection is not None:
                refused.append(done.rejection)
                tally.parsed += done.rejection.code != "FMT_PARSE"
                continue
            row, findings = _row(shop, job, attempt, request, done.row if done else None)
            tally.parsed += not any(finding.code == "FMT_PARSE" for finding in findings)
            problems = hard(findings)
            rejection = _rejection(row, problems) if problems else None
            if done is None:
                journal.append(Entry(slot, request, None if rejection else row, rejection))
            if rejection:
                refused.append(rejection)
                continue
            flags.update({finding.code for finding in findings})
            shop.corpus.add(row)
            rows.append(row)
            idle = 0
            bar.update()
            break
        else:
            waiting.insert(0, job.wanted)  # another case may carry it
    bar.close()
    tally.accepted = len(rows)
    return rows, refused, flags


def _job(shop: Workshop, case: Case, wanted: Kind, turn: int, tally: Tally) -> Job | None:
    """A plan for a case, of the wanted kind or of one that stands in for it."""
    name = f"{case.source}/{case.id}/{turn}"
    pack = pack_of(shop, case, turn)
    chance = random.Random(number(shop.seed, f"plan/{name}"))
    if pack.condition is None:
        tally.unplannable["no condition"] += turn == 0
        return None
    for kind in (wanted, *_INSTEAD[wanted]):
        if shop.settings.kinds.get(kind.value, 0) <= 0:
            continue  # a kind of weight 0 is not wanted as a stand-in either
        fresh = tuple(d for d in pack.distractors if (case.id, kind, d.concept) not in shop.used)
        made = plan.make(replace(pack, distractors=fresh), kind, chance, shop.settings.cited)
        if made is None:
            continue
        told = (case.id, kind, made.distractor.concept if made.distractor else "")
        if told in shop.used:
            continue
        shop.used.add(told)
        if kind is not wanted:
            tally.replanned[f"{wanted} -> {kind}"] += 1
        return Job(name, case, pack, made, wanted, facts.digest(pack))
    tally.unplannable["no facts for a plan"] += turn == 0
    return None


def pack_of(shop: Workshop, case: Case, turn: int) -> FactPack:
    """The facts of a case in one round."""
    chance = random.Random(number(shop.seed, f"facts/{case.source}/{case.id}/{turn}"))
    return facts.build(case, shop.knowledge, chance, shop.passages, shop.familiar)


def _request(shop: Workshop, job: Job, attempt: int) -> str:
    """What a row depends on, as one hash: equal requests give equal words."""
    case, writer = job.case, shop.writer
    return facts.digest_of_text(
        job.name, job.facts, case.image, case.site, case.sex, repr(case.age), repr(job.plan), PROMPT,
        writer.name, writer.version, shop.settings.style, str(shop.seed), str(attempt),
    )  # fmt: skip


def _row(
    shop: Workshop, job: Job, attempt: int, request: str, done: Trajectory | None
) -> tuple[Trajectory, list[Finding]]:
    """A row and what is wrong with it. One from the journal is only compared with the rows around it."""
    style = shop.settings.style
    if done is not None:
        found = compare(Subject(done, job.case, job.pack, shop.reader, style), shop.corpus)
        kept = [flag for flag in done.flags if flag not in CODES_OF_CORPUS]
        return _flagged(replace(done, flags=tuple(kept)), found), found
    chance = random.Random(number(shop.seed, f"words/{job.name}/{attempt}"))
    draft = shop.writer.write(job.case, job.pack, job.plan, chance)
    row = trajectory(job, draft, shop, attempt, request)
    found = review(Subject(row, job.case, job.pack, shop.reader, style, draft.finish), shop.corpus)
    return _flagged(row, found), found


def _flagged(row: Trajectory, found: Sequence[Finding]) -> Trajectory:
    soft = {finding.code for finding in found if finding.severity is Severity.SOFT}
    return replace(row, flags=tuple(sorted({*row.flags, *soft}))) if soft else row


def _remembered(journal: Journal) -> dict[tuple[str, str], Entry]:
    """What earlier runs have done, by slot and request. Duplicates depend on other rows and are judged anew."""
    adapter = TypeAdapter(Entry)
    found = {}
    for line in journal.rows:
        entry = adapter.validate_python(line)
        if entry.rejection is None or entry.rejection.code not in CODES_OF_CORPUS:
            found[entry.slot, entry.request] = entry
    return found


def trajectory(job: Job, draft: Draft, shop: Workshop, attempt: int, request: str) -> Trajectory:
    """Render a draft. The tags are ours, whoever wrote the steps."""
    assert job.pack.condition is not None
    answer = Answer(joined(draft.steps), shop.knowledge.label(job.case.gold), job.pack.condition)
    return Trajectory(
        id=f"{job.name}/{job.plan.kind}",
        case_id=job.case.id,
        image=job.case.image,
        kind=job.plan.kind,
        gold=job.case.gold,
        condition=job.pack.condition,
        distractors=(job.plan.distractor,) if job.plan.distractor else (),
        steps=draft.steps,
        aliases=draft.aliases,
        reply=render(answer),
        answer_visible=True,
        provenance={
            "release": shop.knowledge.release,
            "digest": shop.knowledge.digest,
            "facts": job.facts,
            "engine": shop.writer.name,
            "model": shop.writer.version,
            "style": shop.settings.style,
            "prompt": PROMPT,
            "seed": shop.seed,
            "attempt": attempt,
            "request": request,
            "tokens": 0,
            "cost": 0.0,
        },
    )


def _rejection(row: Trajectory, problems: Sequence[Finding]) -> Rejection:
    first = problems[0]
    more = sorted({finding.code for finding in problems[1:]} - {first.code})
    detail = first.detail + (f" (also {', '.join(more)})" if more else "")
    candidate = {"id": row.id, "reply": row.reply, "request": row.provenance["request"]}
    return Rejection(row.case_id, row.kind, first.code, detail, candidate)


def expected(config: SynthConfig, run_dir: Path) -> list[str]:
    """What `--dry-run` says: rows, candidates, calls and cost."""
    path = cases_path(config, run_dir)
    if not path.is_file():
        return [f"{path} does not exist yet; run `python -m synth cases` first"]
    cases = [case for case in read_jsonl(path, Case) if case.split in config.write.splits]
    wanted = config.write.rows or len(cases)
    shares = Counter(str(kind) for kind in kinds(config.write.kinds, wanted, config.seed))
    return [
        f"{len(cases)} cases of {', '.join(config.write.splits)} in {path}",
        f"{wanted} rows wanted: {', '.join(f'{kind} {count}' for kind, count in sorted(shares.items()))}",
        f"at most {int(wanted * config.write.candidates) + config.write.attempts} candidates",
        "writer offline: 0 calls, 0 tokens, cost 0",
    ]
