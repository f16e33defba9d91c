"""What a row shows depends on the row alone, and the base stage is told nothing of diagnosing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kg_service.client import KnowledgeSource
from kg_service.core.answer import instruction
from kg_service.core.errors import ConfigInvalid, ImageUnreadable
from training import base as base_stage
from training import grpo
from training.data import read_cases, to_dataset
from training.images import view
from training.settings import BaseConfig, Data, GrpoConfig


def told(workshop, release) -> list[base_stage.Row]:
    source, data = KnowledgeSource(path=str(workshop.snapshot)), Data(cases=str(workshop.cases), split="base")
    return base_stage.rows(BaseConfig(knowledge=source, data=data), release)


def test_view_zero_is_the_image_and_every_other_number_is_one_fixed_view():
    pixels = np.random.default_rng(0).integers(0, 255, (56, 56, 3)).astype(np.uint8)
    image = Image.fromarray(pixels)
    assert np.array_equal(np.asarray(view(image, 0)), pixels)
    assert np.array_equal(np.asarray(view(image, 7)), np.asarray(view(image, 7)))
    assert not np.array_equal(np.asarray(view(image, 7)), np.asarray(view(image, 8)))
    assert view(image, 7).size == image.size


def test_text_rows_have_no_image_and_image_rows_are_decoded(workshop, release):
    rows = told(workshop, release)
    dataset = to_dataset(rows, completions=True)
    for number in range(0, len(rows), 7):
        shown = dataset[number]["images"]
        assert len(shown) == bool(rows[number].image)
        assert all(image.size == (56, 56) for image in shown)
    assert any(not row.image for row in rows)


def test_the_base_stage_never_sees_an_image_beside_a_diagnosis_or_the_answer_format(workshop, release):
    gold = {case.id: case.gold for case in read_cases(Data(cases=str(workshop.cases), split="base"))}
    for row in told(workshop, release):
        if row.image:  # "milia-like cysts" names milia, a sign's word and nobody's diagnosis here
            named = {mention.id for mention in release.concept_mentions(row.completion)}
            assert not named & {gold[row.case_id], *release.ancestors(gold[row.case_id])}
        assert "<" not in row.completion
        assert row.prompt != instruction()


def test_a_missing_image_stops_before_training(workshop, tmp_path: Path):
    (tmp_path / "cases.jsonl").write_text(workshop.cases.read_text().splitlines()[0] + "\n")
    with pytest.raises(ImageUnreadable):
        read_cases(Data(cases=str(tmp_path / "cases.jsonl"), split="base"))


def test_an_adapter_is_not_put_on_weights_that_already_hold_it(workshop, release, sft: Path):
    config = GrpoConfig.model_validate(
        {
            "knowledge": {"path": str(workshop.snapshot)},
            "data": {"cases": str(workshop.cases), "split": "rl"},
            "model": {"path": str(sft / "checkpoint"), "adapter": str(sft / "adapter")},
        }
    )
    with pytest.raises(ConfigInvalid, match="was trained on"):
        grpo.rows(config, release)
