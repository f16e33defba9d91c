"""The linear probe on the vision tower of a tiny Qwen2.5-VL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval.prediction import Sampling
from kg_service.core.answer import Answer, parse
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from .rows import folder_of_cases, requests_for

pytest.importorskip("torch")
pytest.importorskip("transformers")

from eval.baselines.probe import Eyes, probe

from .tiny import save_tiny


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def eyes(checkpoint: Path) -> Eyes:
    return Eyes(checkpoint)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Case]]:
    folder = tmp_path_factory.mktemp("cases")
    return folder, folder_of_cases(folder, 40)


def test_features_are_the_mean_of_what_the_merger_hands_to_the_language_model(
    eyes: Eyes, checkpoint: Path, cases: tuple[Path, list[Case]]
) -> None:
    import torch

    from eval.backends import ModelSource
    from eval.backends.checkpoint import CheckpointBackend

    folder, rows = cases
    backend = CheckpointBackend(ModelSource(path=str(checkpoint)))
    request = requests_for(rows[:1], folder)[0]
    handed: list[torch.Tensor] = []
    visual = backend.model.model.visual
    hook = visual.merger.register_forward_hook(lambda _module, _inputs, tokens: handed.append(tokens))
    backend.generate([request], Sampling(max_new_tokens=1))
    hook.remove()
    assert eyes.features([Path(request.image)])[0] == pytest.approx(handed[0].mean(dim=0).numpy(), abs=1e-4)


def test_an_image_has_the_same_features_in_any_batch(eyes: Eyes, cases: tuple[Path, list[Case]]) -> None:
    folder, rows = cases
    paths = [folder / case.image for case in rows[:20]]
    together = eyes.features(paths)
    assert together.shape == (20, 48)
    assert together == pytest.approx(np.concatenate([eyes.features([path]) for path in paths]), abs=1e-4)


def test_even_untrained_eyes_tell_colours_apart_and_remember(
    checkpoint: Path,
    cases: tuple[Path, list[Case]],
    tmp_path: Path,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, rows = cases
    train, test = rows[:28], rows[28:]
    cache = tmp_path / "features.npz"
    first = probe(train, folder, knowledge, checkpoint, cache=cache)
    replies = first.generate(requests_for(test, folder), Sampling())
    answers = [parse(reply.text) for reply in replies]
    assert [a.diagnosis for a in answers if isinstance(a, Answer)] == [knowledge.label(case.gold) for case in test]

    looked: list[int] = []
    look = Eyes.features
    monkeypatch.setattr(Eyes, "features", lambda self, paths: looked.append(len(paths)) or look(self, paths))
    again = probe(train, folder, knowledge, checkpoint, cache=cache)
    assert looked == []
    assert again.generate(requests_for(test, folder), Sampling()) == replies
    assert again.fingerprint == first.fingerprint
    probe([*train, test[0]], folder, knowledge, save_tiny(tmp_path / "other", seed=1), cache=cache)
    assert looked[-1] == 29  # nothing of another checkpoint is taken over


def test_a_probe_of_no_checkpoint_is_a_configuration_error(
    tmp_path: Path, cases: tuple[Path, list[Case]], knowledge: Knowledge
) -> None:
    folder, rows = cases
    with pytest.raises(ConfigInvalid, match="cannot be loaded"):
        probe(rows, folder, knowledge, tmp_path / "nothing")
