"""Near-duplicates: what is found, what is not, and that comparing all with all stays cheap."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from synth.cases import prints
from synth.cases.alike import Pair, find, hashes, joined
from synth.cases.prints import Print, take, take_all
from synth.cases.sources.settings import Alike

from .layouts import SHARED_DATA, drawn

TURNS = [None, *Image.Transpose]


def saved(image: Image.Image, path: Path, quality: int = 75) -> Path:
    image.convert("RGB").save(path, quality=quality)
    return path


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Forty real photographs where they are at hand, else forty drawn pictures."""
    base = SHARED_DATA / "ham10000-112px" / "images"
    if base.is_dir():
        return sorted(base.iterdir())[:40]
    folder = tmp_path_factory.mktemp("lesions")
    return [saved(drawn(str(n), (112, 112)), folder / f"{n}.jpg") for n in range(40)]


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.name.lower() if turn is not None else "as-it-is")
def test_a_turned_smaller_darker_copy_is_found_and_nothing_else(turn, lesions, tmp_path):
    copies = []
    for place, path in enumerate(lesions[:12]):
        image = Image.open(path).convert("RGB")
        image = image if turn is None else image.transpose(turn)
        image = ImageEnhance.Brightness(image.resize((80, 96))).enhance(0.9)
        copies.append(saved(image, tmp_path / f"{place}.jpg", 60))
    found = find([take(path) for path in (*lesions, *copies)], Alike())
    assert [(pair.a, pair.b) for pair in found] == [(n, len(lesions) + n) for n in range(12)]
    assert all(pair.turned == (turn is not None) and not pair.identical for pair in found)
    if turn is not None:
        assert not find([take(path) for path in (*lesions, *copies)], Alike(turned=False))


def test_the_round_field_of_a_dermoscope_does_not_make_images_alike(lesions, tmp_path):
    down, across = np.mgrid[:112, :112] - 55.5
    framed = []
    for turn in (None, Image.Transpose.FLIP_LEFT_RIGHT):
        for path in lesions:
            image = Image.open(path).convert("RGB")
            image = image if turn is None else image.transpose(turn)
            pixels = np.asarray(image) * (down**2 + across**2 < 57**2)[..., None]
            name = f"{path.stem}-{turn}.png"
            framed.append(saved(Image.fromarray(pixels.astype(np.uint8)), tmp_path / name))
    found = find([take(path) for path in framed], Alike())
    assert [(pair.a, pair.b) for pair in found] == [(n, len(lesions) + n) for n in range(len(lesions))]


def test_a_copy_of_28_pixels_is_found(lesions, tmp_path):
    small = [saved(Image.open(path).convert("RGB").resize((28, 28)), tmp_path / f"{path.stem}.png") for path in lesions]
    found = find([take(path) for path in (*lesions, *small)], Alike())
    assert [(pair.a, pair.b) for pair in found] == [(n, len(lesions) + n) for n in range(len(lesions))]


def test_the_hash_of_a_turned_image_is_one_of_the_eight_of_the_image(lesions):
    grids = np.stack([grid for path in lesions[:8] if (grid := take(path).grid) is not None])
    eight = hashes(grids.astype(np.float32))
    for grid, held in zip(grids, eight.T, strict=True):
        image = Image.fromarray(grid)
        turned = np.stack([np.asarray(image if turn is None else image.transpose(turn)) for turn in TURNS])
        assert {int(one) for one in hashes(turned.astype(np.float32))[0]} == {int(one) for one in held}


def test_identical_files_are_told_apart_from_alike_ones_and_paired_with_the_first(lesions):
    one, two = take(lesions[0]), take(lesions[1])
    found = find([one, two, one, one], Alike(search=False))
    assert found == [Pair(0, 2, True, 0, 1.0, False), Pair(0, 3, True, 0, 1.0, False)]


def test_blank_images_are_alike_only_where_their_files_are_identical():
    blank = np.full((32, 32), 200, np.uint8)
    assert find([Print("", b"a", blank), Print("", b"b", blank), Print("", b"a", blank)], Alike()) == [
        Pair(0, 2, True, 0, 1.0, False)
    ]


def test_pairs_are_the_same_in_blocks_as_one_by_one():
    chance = np.random.default_rng(0)
    coarse = chance.integers(90, 230, (150, 4, 4)).astype(np.uint8)
    grids = np.stack([np.asarray(Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC)) for one in coarse])
    grids[100:] = grids[:50][:, ::-1] // 2 + 60
    every = [Print("", bytes([n]), grid) for n, grid in enumerate(grids)]
    together = {(pair.a, pair.b) for pair in find(every, Alike())}
    assert {(n, 100 + n) for n in range(50)} <= together
    for a in range(0, 150, 7):
        for b in range(a + 1, 150, 11):
            assert ((a, b) in together) == bool(find([every[a], every[b]], Alike()))


def test_groups_that_share_a_picture_become_one_unit_named_by_the_first():
    pairs = [Pair(0, 3, False, 0, 1.0, False), Pair(4, 3, True, 0, 1.0, False)]
    assert joined(["c", "b", "c", "b", "a", "d"], pairs) == ["a", "a", "a", "a", "a", "d"]
    assert joined(["x", "y"], []) == ["x", "y"]


def test_a_print_is_taken_again_only_of_a_file_that_changed(lesions, tmp_path, monkeypatch):
    paths = [saved(Image.open(path), tmp_path / path.name) for path in lesions[:4]]
    cache = tmp_path / "run" / "prints.npz"
    first = take_all(paths, cache)
    taken = []
    monkeypatch.setattr(prints, "take", lambda path: taken.append(path.name) or take(path))
    again = take_all(paths, cache)
    assert not taken
    assert [one.digest for one in again] == [one.digest for one in first]
    assert all(np.array_equal(np.asarray(a.grid), np.asarray(b.grid)) for a, b in zip(again, first, strict=True))
    saved(drawn("other"), paths[2])
    os.utime(paths[2], ns=(1, 1))
    assert take_all(paths, cache)[2].digest != first[2].digest
    assert taken == [paths[2].name]
    cache.write_bytes(b"torn")
    assert [one.digest for one in take_all(paths[:2], cache)] == [one.digest for one in first[:2]]


def test_two_processes_take_the_same_prints_as_one(lesions, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(lesions[0].read_bytes()[:500])
    paths = [*lesions[:5], broken, tmp_path / "missing.jpg"]
    one, two = take_all(paths, tmp_path / "1.npz", 1), take_all(paths, tmp_path / "2.npz", 2)
    assert [(print_.problem, print_.digest) for print_ in one] == [(print_.problem, print_.digest) for print_ in two]
    assert [print_.problem for print_ in one[-2:]] == ["is broken", "is missing"]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_mode_of_image_has_a_print(mode, tmp_path):
    image = drawn("spots").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF" if mode == "CMYK" else "PNG")
    path = tmp_path / "image.tif"
    path.write_bytes(buffer.getvalue())
    found = take(path)
    assert found.grid is not None
    assert found.grid.shape == (32, 32)
    assert found.grid.std() > 2
