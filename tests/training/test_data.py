"""Rows: where they come from, how they are repeated, and that a row alone decides what it shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kg_service.core.answer import instruction
from kg_service.core.errors import ImageUnreadable, RecordInvalid
from kg_service.core.knowledge import Knowledge
from training import base, sft
from training.data import Row, read_cases, spread, to_dataset
from training.images import view
from training.settings import Data

from .conftest import Make


def test_balancing_gives_every_gold_as_many_rows_as_the_largest():
    rows = [Row("?", gold="a", case_id=str(n)) for n in range(6)] + [Row("?", gold="b", case_id="x")]
    found = spread(rows, Data(balance=True, augment=True), seed=0)
    assert Counter(row.gold for row in found) == {"a": 6, "b": 6}
    assert len({row.view for row in found if row.gold == "b"}) == 6


def test_spreading_is_the_same_for_the_same_seed_and_another_for_another():
    rows = [Row("?", gold="a", case_id=str(n)) for n in range(9)]
    data = Data(copies=2, augment=True)
    assert spread(rows, data, 1) == spread(rows, data, 1)
    assert spread(rows, data, 1) != spread(rows, data, 2)


def test_view_zero_is_the_image_and_every_other_number_is_one_fixed_view():
    pixels = np.random.default_rng(0).integers(0, 255, (56, 56, 3)).astype(np.uint8)
    image = Image.fromarray(pixels)
    assert np.array_equal(np.asarray(view(image, 0)), pixels)
    assert np.array_equal(np.asarray(view(image, 7)), np.asarray(view(image, 7)))
    assert not np.array_equal(np.asarray(view(image, 7)), np.asarray(view(image, 8)))
    assert view(image, 7).size == image.size


def test_a_dataset_shows_images_and_leaves_text_rows_without_one(make: Make, knowledge: Knowledge):
    config = make.base()
    dataset = to_dataset(base.rows(config, knowledge), completions=True)
    with_image = [row for row in dataset.select(range(len(dataset))) if row["images"]]  # pyright: ignore
    without = [row for row in dataset if not row["images"]]  # pyright: ignore
    assert len(with_image) == 16
    assert without
    assert with_image[0]["images"][0].size == (56, 56)


def test_the_base_stage_never_sees_an_image_beside_a_diagnosis(make: Make, knowledge: Knowledge):
    labels = {concept.pref_label for concept in knowledge.concepts.values()}
    for row in base.rows(make.base(), knowledge):
        if row.image:
            assert not any(label in row.completion for label in labels)
        assert "<" not in row.completion
        assert row.prompt != instruction()


def test_sft_rows_ask_the_question_that_evaluation_asks(make: Make, knowledge: Knowledge, tmp_path: Path):
    rows = sft.rows(make.sft(tmp_path, lora=None), knowledge)
    assert {row.prompt for row in rows} == {instruction()}
    assert all(row.completion.startswith("<thinking>") for row in rows)


def test_an_empty_split_and_a_missing_image_stop_before_training(make: Make, room: Path, tmp_path: Path):
    with pytest.raises(RecordInvalid, match="no case of the split"):
        read_cases(make.data("validation"))
    (tmp_path / "cases.jsonl").write_text((room / "cases.jsonl").read_text().splitlines()[0] + "\n")
    with pytest.raises(ImageUnreadable):
        read_cases(Data(cases=str(tmp_path / "cases.jsonl"), split="base"))
