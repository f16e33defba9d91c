"""`check`: read a run's trajectories again; `check --self-test`: prove on that run's cases that faults are caught."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from kg_service.client import load
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Kind, Passage, Trajectory
from kg_service.job import read_jsonl

from . import facts, plan, textbook
from .chance import number
from .checks import Corpus, Subject, review
from .checks.rules import CODES_OF_CORPUS, hard
from .generate import Job, cases_path, image_digests, pack_of, trajectory, workshop
from .mutators import FAULTS, OF_TEMPLATES, Beside, inject
from .settings import SynthConfig
from .writers import OfflineWriter

SAMPLE = 60  # cases the self-test works on
_KINDS = {"direct": 1.0, "keep": 1.0, "revise": 1.0}


def config_of(run_dir: Path) -> SynthConfig:
    """The configuration a run was made with.

    Raises:
        ConfigInvalid: the folder is not a run.
    """
    path = run_dir / "manifest.json"
    try:
        return SynthConfig.model_validate(json.loads(path.read_text())["config"])
    except (OSError, KeyError, ValueError) as error:
        raise ConfigInvalid(f"{run_dir} is not a synth run ({path.name}: {error})") from error


def knowledge_of(run_dir: Path, config: SynthConfig) -> Knowledge:
    """The release the run was made with, pinned by its digest.

    Raises:
        DigestMismatch: the source now gives another release.
    """
    digest = json.loads((run_dir / "manifest.json").read_text())["digest"]
    return load(config.knowledge.model_copy(update={"digest": digest}))


def rows_of(run_dir: Path, config: SynthConfig, knowledge: Knowledge) -> Iterator[tuple[Subject, Corpus]]:
    """The rows of a run with all that they are compared with, among it the rows before each.

    Raises:
        RecordInvalid: a row is about a case that is not there.
    """
    path = cases_path(config, run_dir)
    cases = {case.id: case for case in read_jsonl(path, Case)}
    held_out = [case for case in cases.values() if case.split in config.write.held_out]
    chosen = [case for case in cases.values() if case.split in config.write.splits]
    shop = workshop(config, knowledge, list(cases.values()), image_digests([*chosen, *held_out], path.parent))
    for row in read_jsonl(run_dir / "trajectories.jsonl", Trajectory):
        if row.case_id not in cases:
            raise RecordInvalid(f"{row.id} is about case {row.case_id}, which {path} does not hold")
        case = cases[row.case_id]
        turn = int(row.id.rsplit("/", 2)[1])
        pack = pack_of(shop, case, turn)
        templates = row.provenance["engine"] == OfflineWriter.name
        yield Subject(row, case, pack, shop.reader, config.write.style, templates=templates), shop.corpus
        shop.corpus.add(row)


def recheck(run_dir: Path) -> tuple[int, dict[str, Any]]:
    """Every check on every row of a run. Exit code 1 where a row would be rejected."""
    config = config_of(run_dir)
    codes: Counter[str] = Counter()
    rows = bad = 0
    for subject, corpus in rows_of(run_dir, config, knowledge_of(run_dir, config)):
        found = review(subject, corpus)
        rows += 1
        codes.update(finding.code for finding in found)
        if problems := hard(found):
            bad += 1
            print(f"{subject.trajectory.id}: {problems[0].code}: {problems[0].detail}", file=sys.stderr)
    return (1 if bad else 0), {"rows": rows, "bad": bad, "findings": dict(sorted(codes.items()))}


def self_test(run_dir: Path) -> tuple[int, dict[str, Any]]:
    """Faults of every kind in clean rows: in fresh ones about this run's cases, and in those that a model wrote for it.

    Exit code 1 unless all are caught and no clean row is.
    """
    config = config_of(run_dir)
    knowledge = knowledge_of(run_dir, config)
    told = (subject for subject, _ in rows_of(run_dir, config, knowledge) if not subject.templates)
    cases = list(read_jsonl(cases_path(config, run_dir), Case))
    found = measure(cases, config, knowledge, told=list(islice(told, SAMPLE)))
    print(table(found), file=sys.stderr)
    return (0 if found["passed"] else 1), found


def measure(
    cases: Sequence[Case],
    config: SynthConfig,
    knowledge: Knowledge,
    sample: int = SAMPLE,
    told: Sequence[Subject] = (),
) -> dict[str, Any]:
    """Injected and caught faults by kind, and clean rows wrongly rejected.

    Full texts are read twice, as what templates wrote and as what a model might have written; brief ones once.

    Args:
        sample: so many cases of the configured splits are written about, in all kinds that each carries.
        told: acceptable rows that a model wrote.
    """
    full, brief = (list(_subjects(cases, config, knowledge, style, sample)) for style in ("full", "brief"))
    readings = (full, [*(replace(subject, templates=False) for subject in full), *told], brief)
    held_out = [case for case in cases if case.split in config.write.held_out]
    faults = {fault: {"injected": 0, "caught": 0, "by_its_own_code": 0} for fault in FAULTS}
    clean = wrong = 0
    wrong_codes: Counter[str] = Counter()
    for turn, subjects in enumerate(readings):
        corpus = Corpus(held_out, everywhere=subjects is not brief)
        accepted: list[Subject] = []
        for subject in subjects:
            found = hard(review(subject, corpus))
            clean += 1
            if {finding.code for finding in found} - {"DUP_EXACT", "DUP_FACT"}:
                wrong += 1
                wrong_codes.update(finding.code for finding in found)
            elif not found:
                corpus.add(subject.trajectory)
                accepted.append(subject)
        beside = Beside(accepted, held_out)
        for fault, row in faults.items():
            for place, subject in enumerate(accepted):
                if subject.templates or fault not in OF_TEMPLATES:
                    chance = random.Random(number(config.seed, f"{fault}/{turn}/{place}"))
                    _try(fault, subject, chance, beside, corpus, row)
    missed = [fault for fault, row in faults.items() if row["caught"] < row["injected"]]
    never = [fault for fault, row in faults.items() if not row["injected"] and fault not in _OPTIONAL]
    return {
        "clean": clean,
        "wrongly_rejected": wrong,
        "wrong_codes": dict(sorted(wrong_codes.items())),
        "faults": faults,
        "missed": missed,
        "never_injected": never,
        "passed": clean > 0 and not (missed or never or wrong),
    }


def _try(
    fault: str, subject: Subject, chance: random.Random, beside: Beside, corpus: Corpus, row: dict[str, int]
) -> None:
    """Put one fault into one clean candidate and count what becomes of it."""
    changed = inject(fault, subject, chance, beside)
    if changed is None:
        return
    codes = FAULTS[fault][1]
    # Faults of a single row are judged without the rows around it, of which it is itself one.
    raised = {finding.code for finding in review(changed, corpus if codes & CODES_OF_CORPUS else None)}
    row["injected"] += 1
    row["caught"] += bool(raised)
    row["by_its_own_code"] += bool(raised & codes)


# They need a sign that was seen on the image, which real sets lack.
_OPTIONAL = frozenset(
    {
        "missing sign told as possible",
        "reasons for and against exchanged",
        "seen sign denied by what follows",
        "seen sign expected of the alternative",
        "verdict on the distractor reversed",
    }
)


def _subjects(
    cases: Sequence[Case], config: SynthConfig, knowledge: Knowledge, style: str, sample: int = SAMPLE
) -> Iterable[Subject]:
    """Freshly written clean candidates, of every kind that a case carries.

    Every fourth case is told as real sets tell theirs: without a finding, with a site, a sex and an age.
    """
    write = config.write.model_copy(update={"style": style, "kinds": _KINDS})
    shop = workshop(config.model_copy(update={"write": write}), knowledge, cases, {})
    writer = OfflineWriter(knowledge, style, shop.reader, config.seed)
    passages = {**stand_in_passages(knowledge, cases), **shop.passages}
    chosen = [case for case in cases if case.split in config.write.splits]
    random.Random(number(config.seed, "self-test")).shuffle(chosen)
    for place, drawn in enumerate(chosen[:sample]):
        case = drawn
        if place % 4 == 3:
            case = replace(drawn, findings=(), site="back", sex="female", age=30.0 + place % 50)
        for kind in Kind:
            name = f"{case.source}/{case.id}/0"
            chance = random.Random(number(config.seed, f"{style}/{kind}/{name}"))
            pack = facts.build(case, knowledge, chance, passages, shop.familiar)
            made = (
                None if pack.condition is None else plan.make(knowledge, case, pack, kind, chance, config.write.cited)
            )
            if made is None:
                continue
            draft = writer.write(case, pack, made, chance)
            row = trajectory(Job(name, case, pack, made, kind, ""), draft, shop, 0, "")
            yield Subject(row, case, pack, shop.reader, style, draft.finish)


def stand_in_passages(knowledge: Knowledge, cases: Sequence[Case]) -> dict[str, tuple[Passage, ...]]:
    """Passages made of the release's own profiles, so that quotations can be tested without a book."""
    found = []
    for concept in sorted({c for case in cases for c in knowledge.lineage(case.gold)}):
        signs = [knowledge.feature(f).pref_label for f, p in sorted(knowledge.profile(concept).items()) if p.supports]
        for first, second in zip(signs[::2], signs[1::2], strict=False):
            text = f"Among its signs the observer will find {first} and, in most of the patients, also {second}."
            id_, label = f"release-{len(found)}", knowledge.label(concept)
            found.append(Passage(id_, text, "release", label, licence="CC0-1.0"))
    return textbook.by_concept(found, knowledge)


def table(found: dict[str, Any]) -> str:
    """The result for people."""
    lines = [f"{'fault':44} {'injected':>8} {'caught':>8} {'own code':>9}"]
    for fault, row in found["faults"].items():
        share = f"{row['caught'] / row['injected']:.1%}" if row["injected"] else "-"
        own = f"{row['by_its_own_code'] / row['injected']:.1%}" if row["injected"] else "-"
        lines.append(f"{fault:44} {row['injected']:>8} {share:>8} {own:>9}")
    lines.append(
        f"clean rows {found['clean']}, wrongly rejected {found['wrongly_rejected']} {found['wrong_codes'] or ''}"
    )
    return "\n".join(lines)
