"""Calibration with its null, the area under the ROC curve, and the conditions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from eval.metrics.calibration import calibration, null
from eval.metrics.condition import CONDITIONS, conditions
from eval.metrics.malignancy import malignancy
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge

from .rows import reply
from .scored import sampled, scored

SSM = "superficial-spreading-melanoma"


def test_a_perfectly_calibrated_sampler_shows_the_error_of_the_design() -> None:
    # Assumed: a two-way question, every certainty equally likely, ten bins, 2,000 cases. `evaluation.md` names no size.
    alpha, rng = np.ones((2000, 2)), np.random.default_rng(0)
    found = [null(alpha, samples, draws=30, rng=rng).mean() for samples in (4, 8, 16, 32)]
    assert found == pytest.approx([0.11, 0.064, 0.036, 0.023], abs=0.008)


def test_the_null_without_noise_is_the_mean_overstatement_of_a_share() -> None:
    found = null(np.ones((200_000, 2)), 4, draws=1, rng=np.random.default_rng(0))[0]
    assert found == pytest.approx(sum(abs(2 * k - 4) for k in range(5)) / 5 / 24, abs=0.003)


def test_calibration_error_is_the_gap_between_agreement_and_being_right(knowledge: Knowledge) -> None:
    # Five cases say psoriasis 4 of 4 times, two of them rightly; five say it 2 of 4 times, all rightly.
    sure = [("psoriasis", ["psoriasis"] * 4)] * 2 + [(SSM, ["psoriasis"] * 4)] * 3
    torn = [("psoriasis", ["psoriasis", "psoriasis", "melanoma", "neoplasm"])] * 5
    found = calibration(sampled(knowledge, *sure, *torn), knowledge, resamples=20, seed=0)
    assert found
    assert found.error.value == pytest.approx((5 * (1 - 0.4) + 5 * (1 - 0.5)) / 10)
    assert [(one.low, one.cases, one.confidence, one.right) for one in found.bins] == [
        (0.4, 5, 0.5, 1.0),
        (0.9, 5, 1.0, pytest.approx(0.4)),
    ]
    assert found.error.value > found.null_high > found.null


def test_one_sample_a_case_says_nothing_about_calibration(knowledge: Knowledge) -> None:
    assert calibration(sampled(knowledge, (SSM, [SSM])), knowledge, resamples=5, seed=0) is None


def test_auc_over_the_share_of_samples_is_scikit_learns(knowledge: Knowledge) -> None:
    rng = np.random.default_rng(3)
    rows, truth, share = [], [], []
    for _ in range(30):
        bad = bool(rng.random() < 0.5)
        says = rng.random(5) < (0.7 if bad else 0.4)
        rows.append((SSM if bad else "blue-nevus", [SSM if one else "" for one in says]))
        truth.append(bad)
        share.append(says.mean())
    found = malignancy(sampled(knowledge, *rows), resamples=100, seed=0)
    assert found
    assert (found.samples, found.cases, found.malignant) == (5, 30, sum(truth))
    assert found.auc.value == pytest.approx(roc_auc_score(truth, share))
    assert found.auc.low < found.auc.value < found.auc.high


def test_auc_of_one_sample_is_the_mean_of_sensitivity_and_specificity(knowledge: Knowledge) -> None:
    said = ["malignant", "benign", "malignant", "benign", "benign"]
    gold = [SSM, SSM, "blue-nevus", "blue-nevus", "blue-nevus"]
    rows = scored(knowledge, *[(reply("neoplasm", word), g) for word, g in zip(said, gold, strict=True)])
    found = malignancy(rows, resamples=5, seed=0)
    assert found
    assert found.auc.value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert malignancy(rows[:2], resamples=5, seed=0) is None


def test_conditions_count_a_malformed_reply_in_a_column_of_its_own(knowledge: Knowledge) -> None:
    rows = [(reply("melanoma", "malignant"), SSM), (reply("melanoma", "benign"), SSM), ("", SSM),
            (reply("melanoma", "malignant"), "psoriasis"), (reply("x", "benign"), "neoplasm")]  # fmt: skip
    found = conditions(scored(knowledge, *rows), resamples=5, seed=0)
    assert found
    assert found.replies == 4  # neoplasm is of mixed condition
    assert found.confusion[CONDITIONS.index(Condition.MALIGNANT)] == (1, 0, 1, 0, 1)
    assert found.accuracy.value == pytest.approx(1 / 4)
    # Malignant: one true positive, two missed, one called wrongly. Non-neoplastic: none found.
    assert found.macro_f1.value == pytest.approx((2 / (2 + 2 + 1) + 0) / 2)


def test_the_interval_of_macro_f1_is_that_of_scikit_learns_value(knowledge: Knowledge) -> None:
    rng = np.random.default_rng(0)
    golds = [SSM, "blue-nevus", "bowen-disease", "psoriasis"]
    pairs = [(str(rng.choice([c.value for c in Condition])), str(rng.choice(golds))) for _ in range(60)]
    rows = scored(knowledge, *[(reply("melanoma", said), gold) for said, gold in pairs])
    found = conditions(rows, resamples=0, seed=0)
    resampled = conditions(rows, resamples=200, seed=0)
    assert found
    assert resampled
    truth = [knowledge.condition(gold) for _, gold in pairs]
    wanted = f1_score([str(t) for t in truth], [said for said, _ in pairs], average="macro")
    assert found.macro_f1.value == pytest.approx(wanted)
    assert resampled.macro_f1.low < wanted < resampled.macro_f1.high
