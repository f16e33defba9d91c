"""The writer that asks a model: what it gives away, what it understands, and what becomes of a run."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from kg_service.core.answer import Answer, render
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Kind, Passage, Step, StepKind, Trajectory
from kg_service.job import read_jsonl
from synth import facts, plan, prompts
from synth.chance import number
from synth.checks import Subject, review
from synth.checks.subject import joined
from synth.echo import Echo
from synth.model import BudgetSpent, EndpointBroken, ModelSettings, Reply
from synth.reading import Reader
from synth.wording import Wording
from synth.writers.draft import Draft, Failure, Outcome, Task, Waiting
from synth.writers.model import ModelWriter
from synth.writers.model.block import block
from synth.writers.model.complaints import ADVICE, advice
from synth.writers.model.library import Library
from synth.writers.model.salvage import salvage
from synth.writers.model.schema import SCHEMA
from synth.writers.model.writer import tidy, understood

REPLY = {"choice": "N1", "alternative": "", "steps": [{"kind": "observe", "text": "It is so.", "refs": ["F1"]}]}


@pytest.fixture(scope="module")
def reader(release: Knowledge) -> Reader:
    return Reader(release)


@pytest.fixture(scope="module")
def wording(release: Knowledge, reader: Reader) -> Wording:
    return Wording(release, reader)


@pytest.fixture(scope="module")
def tasks(phantoms: Path, release: Knowledge) -> list[Task]:
    """A task of each kind for each phantom that carries it."""
    found = []
    for case in read_jsonl(phantoms / "cases.jsonl", Case):
        pack = facts.build(case, release, random.Random(number(0, case.id)))
        for kind in Kind:
            made = plan.make(release, case, pack, kind, random.Random(number(1, case.id)), (2, 3))
            if made and pack.condition:
                found.append(Task(f"{case.id}/{kind}", case, pack, made, phantoms / case.image))
    return found[::2]


def settings(echo: Echo, **changes: object) -> ModelSettings:
    given = {"name": "echo", "base_url": echo.url, "retries": 20, "backoff": 0.002, "breaker": 1.0, "max_pixels": 1000}
    return ModelSettings.model_validate(given | changes)


def problems(task: Task, draft: Draft, reader: Reader) -> list[str]:
    """What the checks say of a draft."""
    assert task.pack.condition
    assert draft.distractors is not None
    reply = render(Answer(joined(draft.steps), reader.knowledge.label(task.case.gold), task.pack.condition))
    row = Trajectory(
        task.name, task.case.id, task.case.image, task.plan.kind, task.case.gold, task.pack.condition,
        draft.distractors, draft.steps, draft.aliases, reply,
    )  # fmt: skip
    found = review(Subject(row, task.case, task.pack, reader, "full", draft.finish, templates=False))
    return [f"{finding.code} {finding.detail}" for finding in found]


def write(writer: ModelWriter, tasks: Iterable[Task]) -> list[Outcome]:
    return [future.result(60) for future in [writer.begin(task) for task in tasks]]


# -- a run -----------------------------------------------------------------------------------------------------------


def test_most_of_what_the_twin_writes_passes_every_check(
    tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path
):
    with Echo() as echo:
        writer = ModelWriter(release, settings(echo), tmp_path, reader=reader)
        outcomes = write(writer, tasks)
        writer.close()
    good, count = Counter[Kind](), Counter(task.plan.kind for task in tasks)
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, Failure):
            assert outcome.code == "LBL_GOLD"  # the only thing it does not know for certain
            continue
        assert isinstance(outcome, Draft)
        assert problems(task, outcome, reader) == []
        assert (outcome.diagnosis, outcome.answer_visible) == (task.case.gold, False)
        assert outcome.tokens > 0
        assert outcome.request
        good[task.plan.kind] += 1
    assert all(good[kind] >= 0.85 * count[kind] for kind in Kind)
    assert sum(good.values()) >= 0.88 * len(tasks)


def test_a_run_under_every_fault_ends_with_a_draft_or_a_reason_for_each_task(
    tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path
):
    faults = ["429", "500", "503", "dropped", "truncated", "malformed", "wrong-choice", "empty", "refusal"]
    open_, reasons, written = tasks[::2], Counter[str](), 0
    with Echo([f"{fault}=0.08" for fault in faults], retry_after="0.005") as echo:
        writer = ModelWriter(release, settings(echo), tmp_path, reader=reader)
        for attempt in range(6):
            left = []
            tried = [replace(task, attempt=attempt) for task in open_]
            for task, outcome in zip(tried, write(writer, tried), strict=True):
                if isinstance(outcome, Draft) and not (told := problems(task, outcome, reader)):
                    written += 1
                    continue
                told = [outcome.code] if isinstance(outcome, Failure) else told
                reasons[told[0].split()[0]] += 1
                left.append(replace(task, complaints=tuple(told)))
            open_ = left
        writer.close()
    assert set(echo.faults) == set(faults)
    assert {"FMT_PARSE", "FMT_TRUNC", "LBL_GOLD", "MODEL_EMPTY", "MODEL_REFUSED"} <= set(reasons)
    assert written >= 0.85 * len(tasks[::2])
    assert written + len(open_) == len(tasks[::2])
    assert {task.complaints[0].split()[0] for task in open_} <= set(reasons)


def test_a_wrong_choice_is_a_failure_and_a_refusal_has_its_reason(
    tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path
):
    for kind, code in (
        ("wrong-choice", "LBL_GOLD"), ("refusal", "MODEL_REFUSED"), ("empty", "MODEL_EMPTY"),
        ("malformed", "FMT_PARSE"), ("500", "MODEL_FAILED"),
    ):  # fmt: skip
        with Echo([f"{kind}=1"]) as echo:
            writer = ModelWriter(release, settings(echo, retries=1), tmp_path / kind, reader=reader)
            [outcome] = write(writer, tasks[:1])
            writer.close()
        assert isinstance(outcome, Failure)
        assert outcome.code == code


def test_a_cut_reply_is_a_draft_that_says_so_or_a_failure(
    tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path
):
    with Echo(["truncated=1"]) as echo:
        writer = ModelWriter(release, settings(echo), tmp_path, reader=reader)
        for outcome in write(writer, tasks[:6]):
            assert isinstance(outcome, Draft | Failure)
            found = outcome.finish if isinstance(outcome, Draft) else outcome.code
            assert found in {"length", "FMT_TRUNC", "LBL_GOLD"}
        writer.close()


def test_what_ends_the_job_comes_through(tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path):
    for fault, changes, error in (("401=1", {}, EndpointBroken), ("429=0", {"max_tokens_total": 20}, BudgetSpent)):
        with Echo([fault]) as echo:
            writer = ModelWriter(release, settings(echo, **changes), tmp_path, reader=reader)
            with pytest.raises(error):
                writer.begin(tasks[0]).result(60)
            writer.close()


def test_in_batch_mode_a_task_waits(tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path):
    writer = ModelWriter(release, ModelSettings(name="echo", mode="batch", max_pixels=1000), tmp_path, reader=reader)
    [outcome] = write(writer, tasks[:1])
    assert writer.estimate(tasks[:2]).calls == 2
    writer.close()
    assert isinstance(outcome, Waiting)
    line = json.loads((tmp_path / "batch" / "requests-001.jsonl").read_text())
    assert line["custom_id"] == outcome.request
    assert line["body"]["messages"][1]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


# -- what it gives away ----------------------------------------------------------------------------------------------


def test_nothing_in_a_request_tells_the_gold(tasks: list[Task], reader: Reader, wording: Wording):
    places = Counter[str]()
    for task in tasks:
        given = block(task, reader, wording, "full")
        told = json.loads(given.text)
        assert "answer" not in told
        assert [row["alias"] for row in told["diseases"]] == [f"N{n}" for n in range(1, len(told["diseases"]) + 1)]
        assert len({frozenset(row) for row in told["diseases"]}) == 1  # all are told in the same words
        assert task.case.gold not in re.sub(r'"name":"[^"]*"', "", given.text).split('"diseases"')[0]
        places[given.gold] += len(told["diseases"]) == 5
    assert len(places) >= 5
    assert max(places.values()) < 0.35 * places.total()


def test_a_passage_about_one_disease_alone_is_not_shown(tasks: list[Task], reader: Reader, wording: Wording):
    task = next(task for task in tasks if len(task.pack.distractors) == 4)
    text = "It grows for many years without any pain. The skin around it may be red and a little swollen."
    every = [task.pack.gold, *(d.concept for d in task.pack.distractors)]
    held = {id_: [Passage(f"{id_} {n}", text, "A book", licence="CC0-1.0") for n in range(n_)]
            for n_, id_ in enumerate(every, start=1)}  # fmt: skip

    def shown(*kept: str, answer: bool = False) -> list[list[str]]:
        library = Library({id_: held[id_] for id_ in kept}, reader)
        given = block(task, reader, wording, "full", library=library, show_answer=answer)
        told = json.loads(given.text).get("passages", ())
        assert all(row["text"] == text for row in told)
        return sorted([given.meaning[alias] for alias in row["about"]] for row in told)

    assert shown(every[0]) == shown(every[1]) == []
    assert shown(*every) == sorted([id_] for id_ in every)  # one each, for the gold has no more
    assert shown(*every[2:]) == sorted([id_] for id_ in every[2:] * 2)  # as for any other three of them
    assert shown(every[0], answer=True) == [[every[0]]]
    unlicensed = {id_: [replace(p, licence="") for p in held[id_]] for id_ in every}
    assert Library(unlicensed, reader).excerpts(every, "", random.Random(0)) == []


def test_a_complaint_teaches_and_never_tells_the_answer(tasks: list[Task], reader: Reader, wording: Wording):
    task = tasks[0]
    sign = next(f.feature for f in task.pack.findings if f.feature in wording.features)
    gold = task.case.gold
    told = (f"FEAT_KG: the release does not give {sign} to {gold}", f"LBL_GOLD the model chose x, not {gold}")
    minded = json.loads(block(replace(task, complaints=told), reader, wording, "full").text)["mind"]
    assert [line[: len(ADVICE["FEAT_KG"])] for line in minded] == [ADVICE["FEAT_KG"]]
    assert wording.features[sign][0] in minded[0]
    assert reader.knowledge.label(gold) not in minded[0]
    assert advice(["MODEL_FAILED timeout", "LBL_GOLD"], {}) == []


def test_shown_answers_are_said_to_be_shown(tasks: list[Task], release: Knowledge, reader: Reader, tmp_path: Path):
    with Echo() as echo:
        writer = ModelWriter(release, settings(echo, show_answer=True), tmp_path, reader=reader)
        outcomes = write(writer, tasks[:30])
        writer.close()
    assert all(isinstance(o, Draft) and o.answer_visible and o.diagnosis is None for o in outcomes)


def test_one_schema_serves_every_request_and_fits_the_api():
    enums = [*SCHEMA["properties"].values(), *SCHEMA["properties"]["steps"]["items"]["properties"].values()]
    listed = [value for part in (*enums, enums[-1]["items"]) for value in part.get("enum", ())]
    assert len(listed) <= 500  # OpenAI's strict mode
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"])


def test_the_version_changes_with_what_changes_the_words(release: Knowledge, reader: Reader, tmp_path: Path):
    given = {"name": "m", "base_url": "http://127.0.0.1:9/v1"}
    made = [
        ModelWriter(release, ModelSettings.model_validate(given | changes), tmp_path, reader=reader).version
        for changes in ({}, {"temperature": 0.9}, {"concurrency": 3})
    ]
    assert made[0] == made[2] != made[1]
    assert prompts.version() in made[0]
    assert len({prompts.system(kind) for kind in Kind}) == 3


# -- what it understands ---------------------------------------------------------------------------------------------

WHOLE = json.dumps(REPLY)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"```json\n{WHOLE}\n```",
        f"Here you are: {WHOLE} I hope this helps.",
        f'<think>First {{"a": 1}}, then {{"steps": [</think>\n{WHOLE}',
        f"it may be so</think>{WHOLE}",
        json.dumps(REPLY, indent=1).replace("\n  }", ",\n  }").replace('"\n    ]', '",\n    ]'),
        WHOLE.replace('"', "”").replace("It is so", "It is so"),
        WHOLE.replace('"choice"', "“choice”").replace('"N1"', "“N1”"),
    ],
)
def test_json_is_found_in_what_models_make_of_it(text: str):
    assert salvage(text) == REPLY


def test_of_a_cut_reply_the_whole_steps_are_kept():
    steps = [{"kind": "observe", "text": f'A "}}] {n}.', "refs": ["F1"]} for n in range(3)]
    text = json.dumps(REPLY | {"steps": steps})
    for end in range(len(text) - 5):
        found = salvage(text[:end])
        assert found is None or (found["steps"] and found["steps"] == steps[: len(found["steps"])])
    assert (salvage(text[:-10]) or {})["steps"] == steps[:2]


@pytest.mark.parametrize("text", ["", "no", "{", '{"choice": "N1"}', '{"steps": ', "[1, 2]", "{'steps': []}"])
def test_what_holds_no_steps_is_nothing(text: str):
    assert salvage(text) is None


def test_a_reply_of_another_shape_is_a_failure(tasks: list[Task], reader: Reader, wording: Wording):
    task = next(task for task in tasks if task.plan.kind is Kind.KEEP)
    given = block(task, reader, wording, "full")
    other = next(iter(given.weighed))

    def outcome(**changes: object) -> Draft | Failure:
        return understood(Reply(json.dumps(REPLY | {"choice": given.gold} | changes), "stop", "r"), task.pack, given)

    assert isinstance(outcome(), Draft)
    for changes in (
        {"choice": "N9"}, {"choice": 3}, {"alternative": "N9"}, {"alternative": given.gold}, {"steps": []},
        {"steps": ["It is so."]}, {"steps": [{"kind": "muse", "text": "So.", "refs": []}]},
        {"steps": [{"kind": "observe", "text": "So.", "refs": "F1"}]},
    ):  # fmt: skip
        found = outcome(**changes)
        assert getattr(found, "code", "") == "FMT_PARSE", changes
    found = outcome(alternative=other)
    assert isinstance(found, Draft)
    assert found.distractors == (given.weighed[other],)


def test_references_get_the_names_that_every_row_of_these_facts_has(
    tasks: list[Task], reader: Reader, wording: Wording
):
    task = next(task for task in tasks if task.plan.kind is Kind.KEEP)
    given = block(task, reader, wording, "full")
    steps = [{"kind": "conclude", "text": "So it is.", "refs": [given.gold, *given.weighed, "F1", "F160", "", "?"]}]
    text = json.dumps({"choice": given.gold, "alternative": "", "steps": steps})
    found = understood(Reply(text, "stop", "r"), task.pack, given)
    assert isinstance(found, Draft)
    [step] = found.steps
    assert len(set(step.refs)) == len(step.refs)
    meant = [found.aliases.get(ref) for ref in step.refs]
    assert meant[: len(given.weighed) + 2] == [
        task.pack.gold, *(d.concept for d in given.weighed.values()), given.meaning["F1"]
    ]  # fmt: skip
    assert meant[-3:] == [None] * 3  # what was not offered stands for nothing, and CITE_EXISTS finds it
    assert step.refs[0].startswith("C")
    assert step.refs[1].startswith("N")


def test_habits_of_models_are_put_right_before_they_count():
    assert tidy('The  book says: "red [F12] and\nround" (F3, N2).') == "The book says: “red and round”."
    assert Step(StepKind.OBSERVE, tidy("A scale (silvery).")).text == "A scale (silvery)."
