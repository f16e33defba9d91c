"""Metrics against numbers worked out by hand on the small knowledge."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from eval.intervals import bootstrap
from eval.metrics import heights, measure, ratios
from eval.prediction import Look, Task
from kg_service.core.answer import ABSTAIN
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge

from .rows import reply
from .scored import asked, scored

SSM = "superficial-spreading-melanoma"


def values(knowledge: Knowledge, *rows: tuple[str, str]) -> dict[str, float]:
    return {name: found.value for name, found in measure(scored(knowledge, *rows), knowledge, resamples=10).items()}


def test_height_counts_edges_down_to_the_deepest_leaf(knowledge: Knowledge) -> None:
    height = heights(knowledge)
    assert (height["superficial-spreading-melanoma"], height["melanoma"], height["malignant-neoplasm"]) == (0, 1, 2)
    assert height["neoplasm"] == 3


def test_hierarchical_f_of_a_sibling_branch(knowledge: Knowledge) -> None:
    # Gold with ancestors: ssm, melanoma, melanocytic, malignant, neoplasm (5). Answer: junctional nevus, melanocytic
    # nevus, melanocytic, neoplasm (4). Shared: melanocytic, neoplasm (2).
    found = values(knowledge, (reply("junctional nevus"), SSM))
    assert found["h_precision"] == pytest.approx(2 / 4)
    assert found["h_recall"] == pytest.approx(2 / 5)
    assert found["h_f1"] == pytest.approx(2 * 2 / 9)
    assert found["right_to_level_2"] == 1
    assert found["right_to_level_3"] == 0


def test_hierarchical_f_is_micro_and_counts_silence_as_an_empty_set(knowledge: Knowledge) -> None:
    # Second item: psoriasis answered exactly (2 of 2). Third: malformed, 0 named of 2 true.
    found = values(knowledge, (reply("junctional nevus"), SSM), (reply("psoriasis"), "psoriasis"), ("", "psoriasis"))
    assert found["h_precision"] == pytest.approx((2 + 2) / (4 + 2))
    assert found["h_recall"] == pytest.approx((2 + 2) / (5 + 2 + 2))
    assert found["h_f1"] == pytest.approx(2 * 4 / (6 + 9))
    assert found["h_f1_macro"] == pytest.approx((4 / 9 + 1 + 0) / 3)


@pytest.mark.parametrize("silent", ["", reply(ABSTAIN), reply("an odd spot")])
def test_answers_that_name_nothing_have_no_hierarchical_recall(silent: str, knowledge: Knowledge) -> None:
    assert values(knowledge, (silent, SSM))["h_f1"] == 0


def test_severity_is_the_height_of_the_meet_over_mistakes_only(knowledge: Knowledge) -> None:
    assert values(knowledge, (reply("nodular melanoma"), SSM))["severity"] == 1  # meet: melanoma
    assert values(knowledge, (reply("junctional nevus"), SSM))["severity"] == 2  # meet: melanocytic neoplasm
    assert values(knowledge, (reply("basal cell carcinoma"), SSM))["severity"] == 2  # meet: malignant neoplasm
    assert values(knowledge, (reply("psoriasis"), SSM))["severity"] == 4  # one above the highest tree
    mixed = [(reply("nodular melanoma"), SSM), (reply("melanoma"), SSM), (reply("psoriasis"), "psoriasis"), ("", SSM)]
    assert values(knowledge, *mixed)["severity"] == 1


def test_severity_without_a_mistake_is_not_a_number(knowledge: Knowledge) -> None:
    found = measure(scored(knowledge, (reply("psoriasis"), "psoriasis")), knowledge, resamples=10)["severity"]
    assert isnan(found.value)
    assert found.as_json() == {"value": None, "ci": [None, None], "groups": 0}


def test_a_malformed_reply_misses_a_malignant_lesion_and_clears_no_other(knowledge: Knowledge) -> None:
    rows = [
        (reply("melanoma", "malignant"), SSM),
        (reply("junctional nevus", "benign"), SSM),
        ("<thinking>", SSM),
        (reply("melanoma", "malignant"), "junctional-nevus"),
        (reply("psoriasis", "non-neoplastic"), "psoriasis"),
        ("<thinking>", "psoriasis"),
    ]
    found = values(knowledge, *rows)
    assert found["malignancy_sensitivity"] == pytest.approx(1 / 3)
    assert found["malignancy_specificity"] == pytest.approx(1 / 3)
    assert found["malformed_rate"] == pytest.approx(2 / 6)
    assert found["malformed_missing-tag"] == pytest.approx(2 / 6)


def test_a_gold_of_mixed_condition_is_unscored_for_malignancy(knowledge: Knowledge) -> None:
    found = ratios(scored(knowledge, (reply("neoplasm"), "neoplasm")), knowledge)
    assert found["malignancy_sensitivity"].denominator.sum() == 0
    assert found["malignancy_specificity"].denominator.sum() == 0


def test_balanced_accuracy_weighs_rare_golds_like_common_ones_and_takes_descendants(knowledge: Knowledge) -> None:
    rows = [(reply("psoriasis"), "psoriasis")] * 9 + [
        (reply("superficial spreading melanoma"), "melanoma"),  # finer is right
        (reply("neoplasm"), "melanoma"),  # coarser is not
    ]
    assert values(knowledge, *rows)["balanced_accuracy"] == pytest.approx((1 + 1 / 2) / 2)


def test_the_outcomes_shares_sum_to_one(knowledge: Knowledge) -> None:
    rows = [(reply(said), SSM) for said in ("melanoma", "psoriasis", "odd", ABSTAIN, "nodular melanoma")] + [("", SSM)]
    found = values(knowledge, *rows)
    shares = [value for name, value in found.items() if name.startswith("outcome_")]
    assert sum(shares) + found["exact"] + found["malformed_rate"] == pytest.approx(1)


def test_metrics_of_the_gold_itself_are_the_best_possible(knowledge: Knowledge) -> None:
    condition = {gold: knowledge.condition(gold) or Condition.BENIGN for gold in knowledge.concepts}
    rows = [(reply(knowledge.label(g), condition[g].value), g) for g in knowledge.concepts]
    found = bootstrap(
        ratios(scored(knowledge, *rows), knowledge), [str(i) for i in range(len(rows))], resamples=5, seed=0
    )
    for name in ("format_rate", "exact", "h_f1", "h_f1_macro", "balanced_accuracy", "malignancy_sensitivity"):
        assert found[name].value == 1


def test_answers_to_other_questions_and_other_pictures_do_not_count(knowledge: Knowledge) -> None:
    rows = scored(knowledge, (reply("psoriasis"), "psoriasis"), (reply("melanoma"), "psoriasis"))
    others = [asked(Task.CHOICE, "c0", right=True), *(replace(row, look=Look.BLANK) for row in rows)]
    alone, among = (measure(some, knowledge, resamples=20) for some in (rows, rows + others))
    assert {name: found.value for name, found in among.items()} == pytest.approx(
        {name: found.value for name, found in alone.items()}, nan_ok=True
    )


@pytest.mark.filterwarnings("ignore:F-score is ill-defined")
def test_hierarchical_measures_agree_with_hiclass_on_a_tree() -> None:
    from hiclass.metrics import f1, precision, recall

    from kg_service.core.concept import Concept

    tree = {"a": "", "b": "", "a1": "a", "a2": "a", "b1": "b", "a11": "a1", "a12": "a1", "b11": "b1"}
    knowledge = Knowledge(
        Concept(c, f"disease {c}", (up,) if up else (), None if c in tree.values() else Condition.BENIGN)
        for c, up in tree.items()
    )
    leaves = [c for c in tree if c not in tree.values()]
    rng = np.random.default_rng(0)
    pairs = [(str(rng.choice(list(tree))), str(rng.choice(leaves))) for _ in range(60)]
    found = measure(
        scored(knowledge, *[(reply(f"disease {said}", "benign"), gold) for said, gold in pairs]), knowledge, resamples=2
    )

    def path(concept: str) -> list[str]:
        way = knowledge.lineage(concept)
        return [*way, *[""] * (3 - len(way))]

    said, gold = (np.array([path(pair[end]) for pair in pairs]) for end in (0, 1))
    for average, suffix in (("micro", ""), ("macro", "_macro")):
        assert found[f"h_precision{suffix}"].value == pytest.approx(precision(gold, said, average))
        assert found[f"h_recall{suffix}"].value == pytest.approx(recall(gold, said, average))
        assert found[f"h_f1{suffix}"].value == pytest.approx(f1(gold, said, average))


def test_balanced_accuracy_is_scikit_learns_where_every_answer_is_a_leaf(knowledge: Knowledge) -> None:
    from sklearn.metrics import balanced_accuracy_score

    leaves = [c for c in knowledge.concepts if knowledge.taxonomy.is_leaf(c)]
    rng = np.random.default_rng(1)
    pairs = [(str(rng.choice(leaves)), str(rng.choice(leaves))) for _ in range(80)]
    rows = [(reply(knowledge.label(said)), gold) for said, gold in pairs]
    wanted = balanced_accuracy_score([gold for _, gold in pairs], [said for said, _ in pairs])
    assert values(knowledge, *rows)["balanced_accuracy"] == pytest.approx(wanted)
