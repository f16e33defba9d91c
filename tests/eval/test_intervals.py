"""Intervals cover, pairs are symmetric, groups are what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from eval.intervals import bootstrap, differing, holm, mcnemar, of_sums, paired, wilson
from eval.metrics import Ratio


def share(values: np.ndarray) -> dict[str, Ratio]:
    return {"share": Ratio(values.astype(float), np.ones(len(values)))}


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for trial in range(200):
        # 60 patients with 1 to 4 images each; images of a patient agree more than images of two patients.
        patients = np.repeat(np.arange(60), rng.integers(1, 5, 60))
        chance = rng.beta(2, 2, 60)[patients]
        found = bootstrap(
            share(rng.random(len(patients)) < chance), [str(p) for p in patients], resamples=400, seed=trial
        )
        covered += found["share"].low <= 0.5 <= found["share"].high
    assert 180 <= covered <= 199


def test_images_of_one_patient_widen_the_interval() -> None:
    values = np.repeat(np.arange(50) % 2, 6)
    alone = bootstrap(share(values), [str(i) for i in range(300)], resamples=500, seed=1)["share"]
    together = bootstrap(share(values), [str(i // 6) for i in range(300)], resamples=500, seed=1)["share"]
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert together.groups == 50


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(40)
    first, second, other = (
        bootstrap(share(values), [str(i) for i in range(40)], resamples=300, seed=s) for s in (4, 4, 5)
    )
    assert first == second
    assert first != other


def test_a_share_of_one_has_wilsons_interval_over_groups() -> None:
    found = bootstrap(share(np.ones(40)), [str(i // 2) for i in range(40)], resamples=50, seed=0)["share"]
    assert found.high == 1
    assert found.low == pytest.approx(wilson(1.0, 20)[0])


def test_one_patient_makes_nothing_sure() -> None:
    values = {
        "share": Ratio(np.array([1.0, 0.0]), np.ones(2)),
        "reward": Ratio(np.array([1.5, 0.5]), np.ones(2), False),
    }
    found = bootstrap(values, ["p", "p"], resamples=50, seed=0)
    assert found["share"].low < 0.1
    assert found["share"].high > 0.9
    assert np.isnan(found["reward"].low)
    nothing = {name: Ratio(0 * ratio.numerator, ratio.denominator, ratio.share) for name, ratio in values.items()}
    gained = paired(values, nothing, ["p", "p"], resamples=50, seed=0)
    assert {one.verdict for one in gained.values()} == {"open"}


def test_wilson_agrees_with_its_published_formula() -> None:
    from scipy.stats import binomtest

    low, high = wilson(0.3, 50)
    known = binomtest(15, 50).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high))


def test_paired_differences_are_antisymmetric() -> None:
    rng = np.random.default_rng(0)
    a, b = share(rng.random(120) < 0.7), share(rng.random(120) < 0.5)
    groups = [str(i // 2) for i in range(120)]
    there = paired(a, b, groups, resamples=500, seed=3)["share"]
    back = paired(b, a, groups, resamples=500, seed=3)["share"]
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.detectable == pytest.approx(back.detectable)


def test_pairing_takes_out_what_cases_have_in_common() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(400) < 0.5
    worse = hard & (rng.random(400) < 0.92)
    groups = [str(i) for i in range(400)]
    found = paired(share(hard), share(worse), groups, resamples=800, seed=1)["share"]
    apart = [bootstrap(share(v), groups, resamples=800, seed=1)["share"] for v in (hard, worse)]
    assert found.verdict == "higher"
    assert found.high - found.low < (apart[0].high - apart[0].low) / 2


def test_a_model_against_itself_differs_by_nothing_and_a_difference_is_still_not_excluded() -> None:
    values = share(np.arange(50) % 2)
    found = paired(values, values, [str(i) for i in range(50)], resamples=100, seed=0)["share"]
    assert (found.value, found.low, found.high, found.verdict) == (0, 0, 0, "open")
    assert found.detectable == pytest.approx(1 - 0.2 ** (1 / 50))


def test_mcnemar_counts_only_the_cases_that_one_model_got_right() -> None:
    a = [True] * 9 + [False] * 1 + [True] * 30 + [False] * 10
    b = [False] * 9 + [True] * 1 + [True] * 30 + [False] * 10
    found = mcnemar(a, b)
    assert (found.only_a, found.only_b) == (9, 1)
    assert found.p == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(b, a).p == found.p
    assert mcnemar([True], [True]).p == 1


def test_a_function_of_sums_is_resampled_like_the_ratio_it_is() -> None:
    rng = np.random.default_rng(0)
    values, groups = rng.random(60), [str(i // 3) for i in range(60)]
    whole = bootstrap({"m": Ratio(values, np.ones(60), share=False)}, groups, resamples=300, seed=2)["m"]
    columns = np.stack([values, np.ones(60)], axis=1)
    (found,) = of_sums(columns, groups, lambda sums: sums[:, 0] / sums[:, 1], resamples=300, seed=2)
    assert found == whole
    (back,) = differing(columns, groups, lambda sums: -sums[:, 0] / sums[:, 1], resamples=300, seed=2)
    assert (-back.value, -back.high, -back.low) == pytest.approx((found.value, found.low, found.high))


def test_holm_multiplies_the_smallest_p_by_all_comparisons_and_keeps_their_order() -> None:
    # Worked by hand: 0.01 x 4; 0.02 x 3; 0.03 x 2 is less than 0.06 before it; 0.9 x 1.
    found = holm({"a": 0.02, "b": 0.9, "c": 0.01, "d": 0.03})
    assert found == pytest.approx({"a": 0.06, "b": 0.9, "c": 0.04, "d": 0.06})
    assert list(found) == ["a", "b", "c", "d"]
    assert holm({"a": 0.4, "b": 0.8}) == {"a": 0.8, "b": 0.8}


def test_ten_thousand_resamples_of_five_thousand_items_take_seconds() -> None:
    import time

    rng = np.random.default_rng(0)
    columns = {str(k): Ratio(rng.random(5000), np.ones(5000)) for k in range(9)}
    started = time.thread_time()
    bootstrap(columns, [str(i) for i in range(5000)], resamples=10_000, seed=0)
    assert time.thread_time() - started < 20
