"""The checks see every kind of fault, and nothing in clean rows."""

from __future__ import annotations

import random

import pytest

from kg_service.core.case import Case
from kg_service.core.trajectory import Kind
from synth import selftest
from synth.checks.corpus import jaccard, shingles
from synth.checks.rules import CODES
from synth.mutators import FAULTS
from synth.reading import Reader
from synth.wording import Wording, with_article

from .runs import near_share

DOCUMENTED = (
    "FMT_PARSE",
    "FMT_TRUNC",
    "LEN_BOUNDS",
    "LBL_GOLD",
    "HIER_PATH",
    "DDX_NEIGHBOR",
    "FEAT_KG",
    "FEAT_IMG",
    "POLARITY",
    "DISCRIM",
    "CITE_EXISTS",
    "CITE_QUOTE",
    "CITE_ABOUT",
    "REF_TEXT",
    "SENT_GROUND",
    "LEAK_EARLY",
    "LEAK_PROMPT",
    "MALIG",
    "DUP_EXACT",
    "DUP_FACT",
    "DUP_NEAR",
    "SPLIT_LEAK",
)


@pytest.fixture(scope="module")
def measured(plain_cases, small, release):
    return selftest.measure(plain_cases, small, release, sample=8)


def test_every_documented_code_has_a_check():
    assert set(CODES) == set(DOCUMENTED)


def test_every_code_has_a_fault_that_raises_it():
    raised = {code for _, codes in FAULTS.values() for code in codes}
    assert set(DOCUMENTED) == raised


def test_no_clean_row_is_rejected(measured):
    assert (measured["wrongly_rejected"], measured["wrong_codes"]) == (0, {})
    assert measured["clean"] > 40


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_is_always_caught_and_by_its_own_code(measured, fault):
    row = measured["faults"][fault]
    assert row["injected"] > 2
    assert row["caught"] == row["by_its_own_code"] == row["injected"]


def test_the_age_of_a_record_cannot_be_altered_unseen(small, release):
    cases = [
        Case(f"c{n}", "ham10000", f"{n}.jpg", "mel", "melanoma", "sft", "x", lesion=f"l{n}", site="back", age=40.0 + n,
             sex="male")
        for n in range(4)
    ]  # fmt: skip
    found = selftest.measure(cases, small, release)
    row = found["faults"]["age of the record altered"]
    assert found["wrongly_rejected"] == 0
    assert row["injected"] == row["by_its_own_code"] > 4


def test_every_wording_is_read_back_as_what_was_meant(release):
    reader = Reader(release)
    wording = Wording(release, reader)
    for id_, names in wording.features.items():
        for name in names:
            assert reader.named(f"Seen here: {with_article(name)}.") == {id_}
    for forms in (wording.concepts, wording.groups):
        for id_, name in forms.items():
            assert reader.named(f"This is {name}.") == {id_}


def test_near_duplicates_are_found_as_by_comparing_all_pairs():
    chance = random.Random(0)
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(chance.sample(words, 60)) for _ in range(60)]
    for text in list(texts):
        turned = text.split()
        for _ in range(chance.randrange(6)):
            turned[chance.randrange(60)] = "changed"
        texts.append(" ".join(turned))
    marks = [shingles(text) for text in texts]
    brute = {b for b in range(len(texts)) if any(jaccard(marks[a], marks[b]) >= 0.85 for a in range(b))}
    assert near_share(texts) == len(brute) / len(texts)
    assert len(brute) > 10


def test_kinds_are_written_in_the_words_of_the_contract():
    assert [kind.value for kind in Kind] == ["direct", "keep", "revise"]
