"""Phantom drawing: what is drawn can be seen, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from kg_service.core.errors import RecordInvalid
from synth.cases.drawing import DRAWABLE, draw
from synth.cases.phantoms import plates
from synth.settings import Phantom

LISTED = (
    "irregular-border",
    "multiple-colors",
    "atypical-pigment-network",
    "color-black",
    "blue-white-veil",
    "nodule",
    "asymmetry",
    "color-brown",
    "pigment-network",
    "skin-colored",
    "dome-shaped",
    "comma-vessels",
    "color-blue-gray",
    "homogeneous-pigmentation",
    "sharp-border",
    "pearly",
    "arborizing-vessels",
    "blue-gray-ovoid-nests",
    "leaf-like-areas",
    "ulcer",
    "keratin-mass",
    "erythema",
    "scale",
    "strawberry-pattern",
    "glomerular-vessels",
    "milia-like-cysts",
    "comedo-like-openings",
    "stuck-on",
    "moth-eaten-border",
    "color-red",
    "red-lacunae",
    "white-collarette",
    "color-purple",
    "dark-lacunae",
    "central-white-patch",
    "peripheral-pigment-network",
    "silvery-scale",
    "coin-shaped",
    "crust",
    "annular",
    "peripheral-scale",
    "central-clearing",
    "umbilicated",
    "verrucous-surface",
    "thrombosed-capillaries",
)


def pixels(cues, seed, size=84):
    return np.asarray(draw(cues, seed, size), np.int16)


def changed(a, b) -> float:
    """Pixels whose colour differs clearly, in squares of an 84 px image."""
    clear = np.abs(a - b).max(axis=2) > 24
    return float(clear.sum()) * (84 / a.shape[0]) ** 2


def test_every_listed_cue_can_be_drawn_and_is_a_feature_of_the_release(release):
    assert set(LISTED) == set(DRAWABLE)
    assert set(release.features) >= DRAWABLE


@pytest.mark.parametrize("cue", LISTED)
def test_a_cue_changes_many_pixels_clearly(cue):
    assert min(changed(pixels([], seed), pixels([cue], seed)) for seed in range(4)) > 60


def test_every_drawn_cue_stays_visible_among_the_others(release):
    hidden = [
        (plate.case.id, cue)
        for plate in plates(Phantom(counts={"test": 3}), release, seed=1)
        for cue in plate.cues
        if changed(pixels(plate.cues, plate.seed), pixels(set(plate.cues) - {cue}, plate.seed)) < 25
    ]
    assert hidden == []


@pytest.mark.parametrize("size", [56, 84, 112])
def test_the_same_seed_gives_the_same_pixels_at_every_size(size):
    first, again = pixels(["ulcer", "scale"], 7, size), pixels(["scale", "ulcer"], 7, size)
    assert first.shape == (size, size, 3)
    assert (first == again).all()
    assert changed(first, pixels(["ulcer", "scale"], 8, size)) > 0


def test_a_cue_without_a_drawing_is_refused():
    with pytest.raises(RecordInvalid, match="fever"):
        draw(["fever"], 0)
