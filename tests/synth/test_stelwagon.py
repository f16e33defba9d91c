"""A whole book of 1909 against facts made by hand: its diseases in modern terms, and the pairs that it tells apart."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl
from synth.propose import job, rules, standing
from synth.propose.candidate import Candidate, Kind
from synth.propose.pairs import CONFIDENCE
from synth.textbook import job as textbook
from synth.textbook.glossary import Glossary
from synth.textbook.settings import Book, TextbookConfig

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


def rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def share(rows: Sequence[dict[str, str]]) -> tuple[float, float, float]:
    """The share of right verdicts with Wilson's interval of 95 %."""
    n, z = len(rows), 1.96
    p = sum(row["verdict"] == "right" for row in rows) / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> list[Passage]:
    base = Path(os.environ.get("SKIN_R1_SHARED", ROOT.parent / "shared" / "data"))
    path = base / "stelwagon" / "stelwagon.html"
    if not path.is_file():
        pytest.skip(f"no book at {path}; set SKIN_R1_SHARED")
    run = tmp_path_factory.mktemp("stelwagon")
    book = Book(
        path=str(path), title="Essentials of Diseases of the Skin", authors=("Stelwagon HW",), edition="7th edition",
        year=1909, licence="Public domain",
    )  # fmt: skip
    textbook.make(TextbookConfig(books=(book,)), run)
    [found] = job.by_book(read_jsonl(run / "passages.jsonl", Passage))
    return found


@pytest.fixture(scope="module")
def glossary(passages: list[Passage], release: Knowledge) -> Glossary:
    return Glossary(release, passages)


@pytest.fixture(scope="module")
def candidates(passages: list[Passage], glossary: Glossary, release: Knowledge) -> list[Candidate]:
    found = rules.Found()
    rules.read(passages, glossary, found)
    return standing.merged(standing.candidates(found, release))


def test_the_linker_finds_nine_of_ten_diseases_and_names_none_for_what_we_do_not_hold(
    passages: list[Passage], glossary: Glossary
):
    truth = {row["heading"]: row["concept"] for row in rows("stelwagon.csv")}
    assert len(truth) == 134
    linked = {each.path[1]: glossary.about(each.path[:2]) for each in passages if len(each.path) > 1}
    held = {heading: concept for heading, concept in truth.items() if concept}
    right = [heading for heading, concept in held.items() if linked[heading] == concept]
    assert (len(right), len(held)) == (115, 123)  # 93 %; the eight others are named in the file's notes or by no rule
    assert [heading for heading, concept in truth.items() if not concept and linked[heading]] == []


def test_a_name_that_only_holds_another_disease_is_not_taken_for_it(glossary: Glossary):
    assert [m.id for m in glossary.mentions("molluscum fibrosum")] == []
    assert [m.id for m in glossary.mentions("dermatitis gangrænosa")] == []
    assert [m.id for m in glossary.mentions("lupus")] == []  # vulgaris to the book, erythematosus to the release
    assert [m.id for m in glossary.mentions("ringworm of the scalp")] == ["tinea-capitis"]
    assert [m.id for m in glossary.mentions("the syphiloderm")] == []  # nobody says that it is syphilis


def test_the_pairs_are_those_that_were_judged_by_hand(candidates: list[Candidate]):
    judged = [row for row in rows("stelwagon-judged.csv") if row["round"] == "2"]
    found = [c for c in candidates if c.kind is Kind.DIFFERENTIAL]
    assert {(row["a"], row["b"], f"rule:{row['rule']}") for row in judged} == {(*c.concepts, c.found_by) for c in found}


def test_the_confidence_of_each_rule_is_what_was_judged():
    judged = [row for row in rows("stelwagon-judged.csv") if row["round"] == "2"]
    for rule in ("question", "answer", "sentence"):
        held = [row for row in judged if row["rule"] == rule]
        right = sum(row["verdict"] == "right" for row in held)
        assert CONFIDENCE[rule] == pytest.approx((right + 1) / (len(held) + 2), abs=0.005)


def test_nine_of_ten_pairs_are_right_at_the_least_in_both_rounds():
    judged = rows("stelwagon-judged.csv")
    first, second = (share([row for row in judged if row["round"] == number]) for number in ("1", "2"))
    assert first == pytest.approx((0.96, 0.865, 0.989), abs=0.001)
    assert second == pytest.approx((0.984, 0.915, 0.997), abs=0.001)


def test_most_of_what_the_book_tells_apart_the_release_tells_apart_too(candidates: list[Candidate]):
    pairs = [c for c in candidates if c.kind is Kind.DIFFERENTIAL]
    assert sum(c.standing == "known" for c in pairs) >= 40
    assert all(c.hidden for c in candidates if c.kind is Kind.SYNONYM)
