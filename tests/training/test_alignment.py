"""In GRPO every reply is scored against the gold of the very image it was written for, and learnt beside that image.

The published code of the same method tiles images in one order and completions in another. The trainer, the reward
and the data columns here are the real ones; the model and the reward are only listened to.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from trl import GRPOConfig, GRPOTrainer

from kg_service.core.case import Case
from kg_service.core.reward import PAPER, score
from kg_service.job import read_jsonl
from training.data import case_rows, to_dataset
from training.model import load
from training.rewards import Reward

SIDES = (56, 84, 28)  # rows of one batch have other numbers of image tokens, so a wrong split would show


class Listener(Reward):
    """The real reward, noting for each call what it was told and what it answered."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.heard: list[tuple[str, str, str, tuple[int, ...], str, float]] = []

    def __call__(self, prompts: Any, completions: Any, **columns: Any) -> list[float]:
        earned = super().__call__(prompts, completions, **columns)
        told = (columns[name] for name in ("case_id", "gold", "images", "completion_ids"))
        for name, gold, images, ids, completion, total in zip(*told, completions, earned, strict=True):
            self.heard.append((name, gold, pixels(images[0]), tuple(ids), completion[0]["content"], total))
        return earned


def pixels(image: Image.Image) -> str:
    return hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


@pytest.fixture
def shown(workshop, tmp_path: Path) -> list[Case]:
    """Six cases with six diagnoses and images of three sizes."""
    found: dict[str, Case] = {}
    for case in read_jsonl(workshop.cases, Case):
        if case.split == "rl" and case.gold not in found and len(found) < 6:
            side = SIDES[len(found) % 3]
            path = tmp_path / f"{case.id}.png"
            with Image.open(workshop.cases.parent / case.image) as image:
                image.convert("RGB").resize((side, side)).save(path)
            found[case.gold] = Case(case.id, case.source, str(path), case.label, case.gold, case.split, case.licence)
    return list(found.values())


@pytest.mark.parametrize(("batch", "accumulated"), [(6, 1), (4, 3)])
def test_a_reply_meets_the_gold_and_the_image_it_was_written_for(shown, speaker, release, tmp_path, batch, accumulated):
    truth = {case.id: (case.gold, pixels(Image.open(case.image))) for case in shown}
    model, processor = load(speaker)
    patches = {
        case.id: processor.image_processor([Image.open(case.image)], return_tensors="pt")["pixel_values"]
        for case in shown
    }
    looked: list[tuple[str, list[int]]] = []  # (case whose image, token ids), row by row, of every pass with images

    def watch(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        if given.get("pixel_values") is None:
            return
        parts = torch.split(given["pixel_values"].float(), given["image_grid_thw"].prod(-1).tolist())
        assert len(parts) == len(given["input_ids"])
        for part, ids in zip(parts, given["input_ids"].tolist(), strict=True):
            [name] = [name for name, known in patches.items() if known.shape == part.shape and torch.equal(known, part)]
            looked.append((name, ids))

    model.register_forward_pre_hook(watch, with_kwargs=True)
    listener = Listener(release, PAPER)
    arguments = GRPOConfig(
        output_dir=str(tmp_path / "trainer"),
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulated,
        num_generations=2,
        max_steps=2,
        max_completion_length=48,
        temperature=1.2,  # or this model would say the same of every image
        beta=0.01,
        learning_rate=1e-4,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        remove_unused_columns=False,
        save_strategy="no",
        disable_tqdm=True,
    )
    dataset = to_dataset(case_rows(shown), completions=False)
    GRPOTrainer(
        model=model,  # pyright: ignore[reportArgumentType]
        reward_funcs=listener,  # pyright: ignore[reportArgumentType]
        args=arguments,
        train_dataset=dataset,
        processing_class=processor,
    ).train()

    assert len(listener.heard) == 2 * batch * accumulated
    assert any(total > 0 for *_, total in listener.heard)
    for name, gold, digest, ids, reply, total in listener.heard:
        assert (gold, digest) == truth[name]
        assert reply == processor.decode(ids, skip_special_tokens=True)
        assert total == score(reply, gold, release, PAPER).total
    # TRL shuffles between scoring and the loss: there, too, every reply stands beside the image it was written for.
    owners: dict[tuple[int, ...], set[str]] = {}
    for name, _, _, ids, _, _ in listener.heard:
        owners.setdefault(ids, set()).add(name)
    assert len(owners) > 4
    answered = 0
    for name, padded in looked:
        ids = unpadded(padded, processor.tokenizer.pad_token_id)
        if found := [owner for made, owner in owners.items() if ids[-len(made) :] == made]:
            answered += 1
            assert name in set().union(*found)
    assert answered >= len(listener.heard)


def unpadded(ids: list[int], pad: int) -> tuple[int, ...]:
    end = next((place for place in range(len(ids), 0, -1) if ids[place - 1] != pad), 0)
    return tuple(ids[:end])
