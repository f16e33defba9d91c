"""The reward contract: worked examples, order properties, and every known way this went wrong elsewhere."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core import taxonomy
from kg_service.core.answer import ABSTAIN, Answer, render
from kg_service.core.concept import Condition
from kg_service.core.errors import GoldUnresolved, OptionsInvalid, RequestInvalid
from kg_service.core.reward import (
    PAPER,
    RELEASED_CODE,
    SAFE,
    SAFE_GROUNDED,
    SPECS,
    maximum,
    score,
    score_column,
    score_labels,
)

from ..mini import mini, reply

GOLD = "superficial-spreading-melanoma"
MINI = mini()
CONCEPTS = sorted(MINI.concepts)


def total(diagnosis, gold=GOLD, spec=PAPER, condition="malignant", **more):
    return score(reply(diagnosis, condition), gold, MINI, spec, **more).total


# -- the paper ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("diagnosis", "granularity"),
    [
        ("superficial spreading melanoma", 0.75),
        ("melanoma", 0.5625),
        ("melanocytic neoplasm", 0.375),
        ("neoplasm", 0.1875),
        ("malignant skin neoplasm", 0.375),
        ("nodular melanoma", 0.0),
        ("psoriasis", 0.0),
        ("skin", 0.0),
    ],
)
def test_the_worked_example_of_the_contract(diagnosis, granularity):
    breakdown = score(reply(diagnosis), GOLD, MINI, PAPER)
    assert breakdown.granularity == granularity
    assert breakdown.total == 1.0 + granularity + 0.25


def test_a_descendant_of_the_gold_earns_no_granularity_in_the_paper():
    assert score(reply("superficial spreading melanoma"), "melanoma", MINI, PAPER).granularity == 0.0


@given(st.sampled_from(CONCEPTS), st.sampled_from(CONCEPTS), st.sampled_from(CONCEPTS))
def test_deeper_hit_never_earns_less(gold, a, b):
    on_path = {gold, *MINI.ancestors(gold)}
    if a in on_path and b in on_path and MINI.level(a) < MINI.level(b):
        for spec in (PAPER, SAFE):
            assert total(MINI.label(a), gold, spec) < total(MINI.label(b), gold, spec)


def test_a_malformed_reply_scores_zero_in_every_term_of_every_spec():
    for spec in SPECS.values():
        options = ("melanoma", "psoriasis")
        breakdown = score("melanoma", GOLD, MINI, spec, options=options)
        assert (breakdown.format, breakdown.granularity, breakdown.condition, breakdown.total) == (0, 0, 0, 0)
        assert breakdown.malformed == "missing-tag"


def test_a_mixed_gold_leaves_the_condition_unscored_for_every_reply():
    for condition in Condition:
        breakdown = score(reply("neoplasm", condition.value), "neoplasm", MINI, PAPER)
        assert not breakdown.condition_scored
        assert breakdown.condition == 0.0
    assert maximum("neoplasm", MINI, PAPER) == 1.75
    stated = score(reply("neoplasm", "benign"), "neoplasm", MINI, PAPER, condition=Condition.BENIGN)
    assert stated.condition == 0.25
    assert stated.condition_scored


def test_a_groups_condition_is_derived_from_all_its_members():
    assert MINI.condition("melanoma") is Condition.MALIGNANT
    assert MINI.condition("melanocytic-nevus") is Condition.BENIGN
    assert MINI.condition("melanocytic-neoplasm") is None


@given(st.sampled_from(CONCEPTS))
def test_the_rendered_gold_answer_earns_the_maximum(gold):
    condition = MINI.condition(gold) or Condition.BENIGN
    text = render(Answer("irregular border", MINI.label(gold), condition))
    for spec in (PAPER, SAFE):
        assert score(text, gold, MINI, spec).total == maximum(gold, MINI, spec)


def test_the_released_dialect_counts_non_neoplastic_as_benign():
    text = "<thinking>a</thinking><final diagnosis>psoriasis, benign</final diagnosis>"
    assert score(text, "psoriasis", MINI, PAPER, dialect="released").condition == 0.25
    assert score(reply("psoriasis", "benign"), "psoriasis", MINI, PAPER).condition == 0.0


# -- the released code -------------------------------------------------------------------------------------------

CHOICES = ("psoriasis", "melanoma", "neoplasm", "melanocytic nevus")


@pytest.mark.parametrize(("choice", "granularity"), [("B", 0.75), ("C", 0.75 / 3), ("A", 0.0), ("D", 0.0)])
def test_the_released_code_ranks_the_options_along_the_cases_own_path(choice, granularity):
    assert score(reply(choice), GOLD, MINI, RELEASED_CODE, options=CHOICES).granularity == granularity


def test_the_released_code_follows_a_path_the_case_brings():
    path = ("neoplasm", "malignant-neoplasm", "melanoma")
    options = ("malignant skin neoplasm", "melanoma", "psoriasis")
    breakdown = score(reply("A"), "melanoma", MINI, RELEASED_CODE, options=options, path=path)
    assert breakdown.granularity == 0.75 * 2 / 3


def test_the_released_code_needs_options_that_touch_the_path():
    with pytest.raises(OptionsInvalid):
        total("melanoma", spec=RELEASED_CODE)
    with pytest.raises(OptionsInvalid):
        total("psoriasis", spec=RELEASED_CODE, options=("psoriasis", "blue nevus"))


# -- safe --------------------------------------------------------------------------------------------------------


def test_safe_credits_a_descendant_of_a_coarse_gold_as_the_gold():
    assert total("superficial spreading melanoma", "melanoma", SAFE) == total("melanoma", "melanoma", SAFE)


@given(st.sampled_from(CONCEPTS))
def test_safe_orders_wrong_near_miss_abstention_and_coarse(gold):
    """For answers that state the gold's own condition: far <= near miss < abstention < coarsest right < gold."""
    condition = (MINI.condition(gold) or Condition.BENIGN).value
    path = {gold, *MINI.ancestors(gold), *MINI.descendants(gold)}
    right = [total(MINI.label(c), gold, SAFE, condition) for c in (gold, *MINI.ancestors(gold))]
    missed = [total(MINI.label(c), gold, SAFE, condition) for c in CONCEPTS if c not in path]
    abstained = total(ABSTAIN, gold, SAFE, condition)
    assert max(missed) < abstained < min(right)
    assert total("no such disease", gold, SAFE, condition) <= abstained


def test_a_nearer_miss_earns_more():
    near, far = (score(reply(d), GOLD, MINI, SAFE).granularity for d in ("nodular melanoma", "basal cell carcinoma"))
    assert near > far > 0 == score(reply("psoriasis"), GOLD, MINI, SAFE).granularity


def test_missing_a_malignancy_costs_more_than_a_false_alarm_and_can_go_below_zero():
    missed = total("blue nevus", GOLD, SAFE, "benign")
    alarm = total("nodular melanoma", "blue-nevus", SAFE, "malignant")
    assert missed < alarm
    assert missed < 0


def test_a_benign_diagnosis_beside_the_word_malignant_still_counts_as_missed():
    assert score(reply("blue nevus", "malignant"), GOLD, MINI, SAFE).condition == -SAFE.missed_malignancy_cost


def test_the_grounding_term_pays_for_features_of_the_named_disease_only():
    def grounded(rationale):
        return score(reply("melanoma", rationale=rationale), GOLD, MINI, SAFE_GROUNDED).grounding

    assert grounded("irregular border, no scale") == SAFE_GROUNDED.grounding
    assert grounded("scale") == -SAFE_GROUNDED.grounding
    assert grounded("irregular border and scaling") == 0.0
    assert grounded("it looks bad") == 0.0
    assert score(reply("melanoma", rationale="scale"), GOLD, MINI, SAFE).grounding == 0.0


# -- one number everywhere ---------------------------------------------------------------------------------------

diagnoses = st.one_of(
    st.sampled_from(CONCEPTS).map(MINI.label),
    st.sampled_from(["", "MM", ABSTAIN, "no melanoma", "mole"]),
    st.text(max_size=9),
)


@given(st.lists(st.tuples(diagnoses, st.sampled_from(CONCEPTS)), max_size=20))
def test_columns_labels_and_single_replies_agree_to_the_last_bit(pairs):
    for spec in (PAPER, SAFE):
        replies = [reply(diagnosis) for diagnosis, _ in pairs]
        golds = [gold for _, gold in pairs]
        column = score_column(replies, golds, MINI, spec)
        assert column == [score(text, gold, MINI, spec) for text, gold in zip(replies, golds, strict=True)]
        fast = score_labels([diagnosis for diagnosis, _ in pairs], golds, MINI, spec)
        for row, (breakdown, earned) in enumerate(zip(column, fast.tolist(), strict=True)):
            if breakdown.malformed is None and pairs[row][0] == pairs[row][0].strip():
                assert breakdown.granularity == earned


def test_columns_of_different_length_are_refused():
    with pytest.raises(RequestInvalid, match="golds"):
        score_column(["a"], [], MINI, PAPER)
    with pytest.raises(RequestInvalid):
        score_labels(["a"], [], MINI, PAPER)


def test_an_unresolved_gold_is_never_swallowed_into_zero():
    with pytest.raises(GoldUnresolved):
        total("melanoma", "melanomma")


def test_a_spec_is_frozen_and_every_constant_changes_its_digest():
    with pytest.raises(AttributeError):
        PAPER.format = 0.5  # type: ignore[misc]
    digests = {spec.digest for spec in SPECS.values()}
    assert len(digests) == len(SPECS)
    assert replace(PAPER, condition=0.26).digest != PAPER.digest
    assert replace(PAPER).digest == PAPER.digest


def test_scores_do_not_depend_on_the_hash_seed():
    code = (
        "from tests.mini import mini, reply; from kg_service.core.reward import *; k = mini();"
        "print(k.digest, [score(reply(c.pref_label), g, k, s) for c in k.concepts.values()"
        " for g in k.concepts for s in (PAPER, SAFE)])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "424242")
    }
    assert len(seen) == 1


def test_a_hierarchy_too_large_for_a_table_of_meets_pays_the_same(monkeypatch):
    knowledge, large = mini(), mini()
    said = ["melanoma", "no such disease", "cannot be determined", "neoplasm", "MM"]
    golds = ["superficial-spreading-melanoma"] * len(said)
    monkeypatch.setattr(taxonomy, "DENSE_LIMIT", 3)
    sparse = [score_labels(said, golds, large, spec).tolist() for spec in (PAPER, SAFE)]
    monkeypatch.undo()
    dense = [[score_labels(said, golds, knowledge, spec).tolist() for spec in (PAPER, SAFE)] for _ in range(200)]
    assert dense == [sparse] * 200
    assert sparse[0][1] == 0 < sparse[0][0]
