"""Phantom cases: what is recorded is what is drawn."""

from __future__ import annotations

import random

import pytest

from kg_service.core.concept import Polarity
from kg_service.core.errors import ConfigInvalid, UnknownConcept
from synth.cases.phantoms import LOOKS_LIKE, cues_of, plates
from synth.settings import PHANTOM_DISEASES, Phantom

SETTINGS = Phantom(counts={"sft": 20, "rl": 6})


@pytest.fixture(scope="module")
def drawn(release):
    return list(plates(SETTINGS, release, seed=3))


def test_at_least_twelve_diseases_over_three_levels_are_drawn(release, drawn):
    fine = {plate.case.gold for plate in drawn if plate.case.split == "rl"}
    assert fine == set(PHANTOM_DISEASES)
    assert len({release.level(gold) for gold in fine}) >= 2
    assert len({release.level(plate.case.gold) for plate in drawn}) >= 3


def test_the_signs_of_a_fine_case_are_exactly_its_cues(drawn):
    for plate in drawn:
        if plate.case.split == "rl":
            assert {f.feature for f in plate.case.findings if f.present} == set(plate.cues)


def test_nothing_drawn_and_nothing_that_looks_like_it_is_called_absent(drawn):
    for plate in drawn:
        unsure = {other for cue in plate.cues for other in LOOKS_LIKE.get(cue, ())}
        absent = {f.feature for f in plate.case.findings if not f.present}
        assert not absent & (set(plate.cues) | unsure)


def test_a_disease_never_shows_what_the_release_calls_absent(release):
    for disease in PHANTOM_DISEASES:
        profile = release.profile(disease)
        for seed in range(40):
            assert all(profile[cue] is not Polarity.ABSENT for cue in cues_of(profile, random.Random(seed)))


def test_characteristic_signs_are_more_frequent_than_variable_ones(release):
    profile = release.profile("seborrheic-keratosis")
    shown = [set(cues_of(profile, random.Random(seed))) for seed in range(200)]
    often = sum("milia-like-cysts" in cues for cues in shown)
    seldom = sum("verrucous-surface" in cues for cues in shown)
    assert often > 170 > 110 > seldom > 30


def test_coarse_cases_stand_one_level_up_and_cite_only_what_their_group_knows(release, drawn):
    coarse = [plate.case for plate in drawn if plate.case.gold not in PHANTOM_DISEASES]
    assert 0.3 < len(coarse) / sum(plate.case.split == "sft" for plate in drawn) <= 0.5
    for case in coarse:
        disease = case.id.removeprefix("sft-").rsplit("-", 1)[0]
        assert case.gold == release.concept(disease).parents[0]
        assert case.label == release.label(case.gold)
        profile = release.profile(case.gold)
        assert {finding.feature for finding in case.findings} <= set(profile)
        assert any(finding.present for finding in case.findings)
        assert (case.condition or release.condition(case.gold)) == release.condition(disease)


def test_the_same_seed_gives_the_same_cases_and_another_seed_others(release, drawn):
    assert list(plates(SETTINGS, release, seed=3)) == drawn
    assert list(plates(SETTINGS, release, seed=4)) != drawn


def test_a_disease_that_cannot_be_drawn_stops_the_job(release):
    with pytest.raises(ConfigInvalid, match="viral-infection"):
        list(plates(Phantom(diseases=("viral-infection",)), release, 0))
    with pytest.raises(UnknownConcept):
        list(plates(Phantom(diseases=("no-such-thing",)), release, 0))
