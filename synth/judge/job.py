"""The job: accepted rows -> judgements.jsonl; rows that fail go to quarantine with their flags.

The answers lie in the cache of the run, so that a killed job asks nothing twice. A row that was put aside comes back
when `generate` joins the run again.
"""

from __future__ import annotations

import json
import random
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage, Trajectory
from kg_service.job import dump_record, read_jsonl, whole_file, write_json, write_jsonl

from ..chance import number
from ..generate import cases_path
from ..model import Ask, Deferred, Endpoint, ModelFailed, Reply
from ..selftest import config_of
from ..settings import SynthConfig
from ..textbook.passages import path_of
from . import questions
from .verdicts import GRADES, RECOVER, Judgement, counted, failed

ROWS, QUARANTINE, VERDICTS = "trajectories.jsonl", "quarantine.jsonl", "judgements.jsonl"
# For an estimate: of both questions about one row beside its text (rubric, signs), and of one answer.
_ROW_TOKENS, _ANSWER_TOKENS = 900, 60
TRIES = 2  # answers that say nothing usable are asked for once more
Read = Callable[[Reply], list[Judgement]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question under way about one row, the codes it is about, and how its answer is read. `left`: more tries."""

    row: str
    codes: tuple[str, ...]
    ask: Ask
    read: Read
    future: Future[Reply]
    left: int = TRIES - 1


def make(config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> tuple[int, dict[str, Any]]:
    """Judge a share of the accepted rows. Cases and passages are those that the run was written from.

    Returns:
        1 where fewer rows are left than `floors.accepted` of those wanted, else 0; and what report.json then holds
        under `judged`.

    Raises:
        RecordInvalid: the run holds no trajectories, or a row is about an unknown case.
        BudgetSpent, EndpointBroken: no more can be asked. Nothing is moved; the same command continues.
    """
    config = config.model_copy(update={"write": config_of(run_dir).write})
    with Endpoint(config.model, run_dir / "model") as endpoint:
        verdicts = _verdicts(config, knowledge, run_dir, endpoint)
    every = _kept(run_dir, verdicts)
    listed = [one for said in every.values() for one in said]
    write_jsonl(run_dir / VERDICTS, listed)
    flags = {row: codes for row, said in every.items() if (codes := failed(said))}
    aside = {row for row, codes in flags.items() if set(codes) - set(config.write.accept_flags)}
    left = _put_aside(run_dir, flags, aside)
    found = {
        "model": config.model.name,
        "rows": len(every),
        "moved": len(aside),
        "left": left,
        "by_code": counted(listed),
        "tokens": sum(_once(listed, lambda one: one.tokens)),
        "cost": round(sum(_once(listed, lambda one: one.cost)), 6),
    }
    report = _report(run_dir)
    write_json(run_dir / "report.json", {**report, "judged": found})
    wanted = report.get("funnel", {}).get("wanted", 0)
    return (1 if left < config.floors.accepted * wanted else 0), found


def expected(config: SynthConfig, run_dir: Path) -> list[str]:
    """What `--dry-run` says: rows, calls, tokens and cost. An estimate: four characters are taken for a token."""
    if not (run_dir / ROWS).is_file():
        return [f"{run_dir / ROWS} does not exist yet; run `python -m synth generate` first"]
    rows = tokens = 0
    for row in _chosen(read_jsonl(run_dir / ROWS, Trajectory), config):
        rows += 1
        tokens += len(row.reply) // 2 + _ROW_TOKENS
    calls = rows * (config.judge.recover + config.judge.grades)
    cost = config.model.price(tokens, _ANSWER_TOKENS * calls)
    return [
        f"{rows} rows to judge in {run_dir / ROWS}, a share of {config.judge.share:g}",
        f"model {config.model.name or '(none named)'}: {calls} calls, about {tokens} tokens, cost {cost:.2f}",
    ]


def _chosen(rows: Iterable[Trajectory], config: SynthConfig) -> Iterator[Trajectory]:
    """The share of rows that is judged, the same whatever the order of the file."""
    below = config.judge.share * 2**64
    return (row for row in rows if number(config.seed, f"judged/{row.id}") < below)


def _verdicts(
    config: SynthConfig, knowledge: Knowledge, run_dir: Path, endpoint: Endpoint
) -> dict[str, list[Judgement]]:
    """Row -> verdicts, in the order of the rows. So many questions are under way at once as the endpoint may bear."""
    path = cases_path(config, run_dir)
    cases = {case.id: case for case in read_jsonl(path, Case)}
    passages = _passages(config, run_dir)
    found: dict[str, list[Judgement]] = {}
    waiting: deque[Asked] = deque()
    window = 4 * config.model.concurrency
    bar = tqdm(desc="judging", unit="question", file=sys.stderr, disable=None)

    def put(row: str, codes: tuple[str, ...], ask: Ask, read: Read) -> None:
        found.setdefault(row, [])
        waiting.append(Asked(row, codes, ask, read, endpoint.submit(ask)))

    def take(at_most: int) -> None:
        while len(waiting) > at_most:
            one = waiting.popleft()
            said = _answer(one)
            if one.left and all(verdict.passed is None and verdict.tokens for verdict in said):
                again = replace(one.ask, salt=f"{one.left} left")
                waiting.append(replace(one, ask=again, future=endpoint.submit(again), left=one.left - 1))
                continue
            found[one.row].extend(said)
            bar.update()

    for row in _chosen(read_jsonl(run_dir / ROWS, Trajectory), config):
        case = cases.get(row.case_id)
        if case is None:
            raise RecordInvalid(f"{row.id} is about case {row.case_id}, which {path} does not hold")
        if config.judge.recover:
            choice = questions.choice(row, knowledge, random.Random(number(config.seed, f"options/{row.id}")))
            put(row.id, (RECOVER,), choice.ask, _reads_choice(row.id, choice))
        if config.judge.grades:
            quoted = [passages[id_] for id_ in row.aliases.values() if id_ in passages]
            ask = questions.rubric(row, case, quoted, knowledge, path.parent / row.image)
            put(row.id, GRADES, ask, _reads_rubric(row.id, config.judge.least))
        take(window)
    take(0)
    bar.close()
    return found


def _reads_choice(row: str, asked: questions.Choice) -> Read:
    return lambda reply: questions.read_choice(row, asked, reply)


def _reads_rubric(row: str, least: int) -> Read:
    return lambda reply: questions.read_rubric(row, least, reply)


def _answer(one: Asked) -> list[Judgement]:
    """The verdicts of one question. A request that failed or waits in a batch file is no verdict."""
    try:
        return one.read(one.future.result())
    except ModelFailed as error:
        return [Judgement(one.row, code, None, str(error)[:400]) for code in one.codes]
    except Deferred as error:
        waits = "its request waits in a batch file"
        return [Judgement(one.row, code, None, waits, request=error.request) for code in one.codes]


def _passages(config: SynthConfig, run_dir: Path) -> dict[str, str]:
    path = path_of(config.write.passages, run_dir)
    return {one.id: one.text for one in read_jsonl(path, Passage)} if path.is_file() else {}


def _put_aside(run_dir: Path, flags: Mapping[str, tuple[str, ...]], aside: Collection[str]) -> int:
    """Write the rows anew with their flags, those `aside` into quarantine. How many are left.

    trajectories.jsonl is replaced last: a job killed before that finds the same rows and does the same again.
    """
    _columns(run_dir / "parquet", aside)
    with ExitStack() as stack:
        kept = stack.enter_context(whole_file(run_dir / ROWS))
        put = stack.enter_context(whole_file(run_dir / QUARANTINE))  # the last to be opened is the first to appear
        again: set[str] = set()
        if (run_dir / QUARANTINE).is_file():
            for row in read_jsonl(run_dir / QUARANTINE, Trajectory):
                put.write(dump_record(row).encode() + b"\n")
                again.add(row.id)
        left = 0
        for row in read_jsonl(run_dir / ROWS, Trajectory):
            flagged = replace(row, flags=tuple(sorted({*row.flags, *flags.get(row.id, ())})))
            if row.id not in aside:
                kept.write(dump_record(flagged).encode() + b"\n")
                left += 1
            elif row.id not in again:
                put.write(dump_record(flagged).encode() + b"\n")
    return left


def _columns(folder: Path, aside: Collection[str]) -> None:
    """Take the rows put aside out of the Parquet files too."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return
    import pyarrow as pa

    from ..generate.parquet import load, save

    for path in files:
        table = load(path)
        stays = [row not in aside for row in table["id"].to_pylist()]
        if not all(stays):
            save(table.filter(pa.array(stays, pa.bool_())), path)


def _kept(run_dir: Path, verdicts: dict[str, list[Judgement]]) -> dict[str, list[Judgement]]:
    """The verdicts of this run after those of earlier runs on rows that were put aside then."""
    found: dict[str, list[Judgement]] = {}
    if (run_dir / VERDICTS).is_file() and (run_dir / QUARANTINE).is_file():
        aside = {row.id for row in read_jsonl(run_dir / QUARANTINE, Trajectory)} - verdicts.keys()
        for one in read_jsonl(run_dir / VERDICTS, Judgement):
            if one.row in aside:
                found.setdefault(one.row, []).append(one)
    return found | verdicts


def _once(verdicts: Iterable[Judgement], value: Callable[[Judgement], float]) -> Iterator[Any]:
    """What each request took; several verdicts may come of one."""
    seen: set[str] = set()
    for one in verdicts:
        if one.request not in seen:
            seen.add(one.request)
            yield value(one)


def _report(run_dir: Path) -> dict[str, Any]:
    path = run_dir / "report.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
