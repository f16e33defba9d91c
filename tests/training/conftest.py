"""A tiny base checkpoint and a few drawn cases of the mini knowledge, made once for the whole session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Answer, render
from kg_service.core.case import Case, Finding
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import snapshot_of
from kg_service.core.trajectory import Kind, Trajectory
from kg_service.job import write_jsonl
from training.settings import BaseConfig, Data, GrpoConfig, SftConfig

torch.set_num_threads(1)

LEAVES = {
    "superficial-spreading-melanoma": ((30, 20, 20), ("irregular-border", "pigment-network")),
    "junctional-nevus": ((130, 80, 40), ("pigment-network",)),
    "seborrheic-keratosis": ((190, 150, 60), ("milia-like-cysts",)),
    "psoriasis": ((200, 60, 60), ("scale",)),
}


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Path:
    """A folder with cases.jsonl (splits base, sft, rl), images, trajectories.jsonl and snapshot.json."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "snapshot.json").write_bytes(snapshot_of(knowledge))
    (folder / "images").mkdir()
    cases, trajectories = [], []
    for split in ("base", "sft", "rl"):
        for number in range(4):
            for gold, (color, signs) in LEAVES.items():
                name = f"{split}-{gold}-{number}"
                image = Image.new("RGB", (56, 56), (230, 195, 170))
                ImageDraw.Draw(image).ellipse([10 + number, 12, 44, 40 + number], fill=color)
                image.save(folder / "images" / f"{name}.png")
                findings = tuple(Finding(sign, True) for sign in signs)
                case = Case(name, "drawn", f"images/{name}.png", gold, gold, split, "CC0-1.0", findings=findings)
                cases.append(case)
                if split == "sft":
                    condition = knowledge.condition(gold)
                    assert condition is not None
                    words = ", ".join(knowledge.feature(sign).pref_label for sign in signs) + "."
                    reply = render(Answer(words, knowledge.label(gold), condition))
                    trajectories.append(
                        Trajectory(f"t-{name}", name, case.image, Kind.DIRECT, gold, condition, (), (), {}, reply)
                    )
    write_jsonl(folder / "cases.jsonl", cases)
    write_jsonl(folder / "trajectories.jsonl", trajectories)
    return folder


TINY = {
    "hidden": 32, "layers": 1, "heads": 2, "kv_heads": 1, "vision_hidden": 32, "vision_depth": 1, "vision_heads": 2,
    "vocabulary": 400, "pixels": 56,
}  # fmt: skip
BRISK = {"per_device_train_batch_size": 4, "logging_steps": 1, "save_steps": 2, "max_steps": 4}


class Make:
    """Configurations over one room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.knowledge = KnowledgeSource(path=str(folder / "snapshot.json"))

    def data(self, split: str, **more: Any) -> Data:
        cases, replies = self.folder / "cases.jsonl", self.folder / "trajectories.jsonl"
        return Data(cases=str(cases), trajectories=str(replies), split=split, **more)

    def base(self, **train: Any) -> BaseConfig:
        content = {
            "threads": 1, "knowledge": self.knowledge, "data": self.data("base", augment=True), "tiny": TINY,
            "eyes": {"steps": 2, "batch": 4}, "train": {**BRISK, "learning_rate": 2e-3, **train},
        }  # fmt: skip
        return BaseConfig.model_validate(content)

    def sft(self, base: Path, *, lora: dict[str, Any] | None, **train: Any) -> SftConfig:
        content = {
            "threads": 1, "knowledge": self.knowledge, "data": self.data("sft", augment=True),
            "model": {"path": str(base)}, "lora": lora, "train": {**BRISK, "learning_rate": 1e-3, **train},
        }  # fmt: skip
        return SftConfig.model_validate(content)

    def grpo(self, base: Path, *, adapter: Path | None = None, lora: Any = None, **train: Any) -> GrpoConfig:
        options = {"per_device_train_batch_size": 8, "num_generations": 4, "max_completion_length": 10, "beta": 0.01}
        content = {
            "threads": 1, "knowledge": self.knowledge, "data": self.data("rl"),
            "model": {"path": str(base), "adapter": str(adapter or "")}, "lora": lora,
            "train": {**BRISK, **options, "learning_rate": 1e-3, **train},
        }  # fmt: skip
        return GrpoConfig.model_validate(content)


@pytest.fixture(scope="session")
def make(room: Path) -> Make:
    return Make(room)


LORA = {"r": 4, "alpha": 8, "targets": "language+merger"}


@pytest.fixture(scope="session")
def base_run(make: Make, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished base stage."""
    from training import base

    folder = tmp_path_factory.mktemp("base")
    config = make.base()
    base.train(config, base.rows(config, knowledge), knowledge, folder)
    return folder


@pytest.fixture(scope="session")
def sft_run(make: Make, knowledge: Knowledge, base_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished SFT stage with LoRA."""
    from training import sft

    folder = tmp_path_factory.mktemp("sft")
    config = make.sft(base_run / "checkpoint", lora=LORA)
    sft.train(config, sft.rows(config, knowledge), knowledge, folder)
    return folder
