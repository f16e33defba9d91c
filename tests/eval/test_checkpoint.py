"""The transformers back-end on a tiny Qwen2.5-VL: batches, fingerprints, adapters, seeds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eval.prediction import Look, Request, Sampling
from kg_service.core.errors import ConfigInvalid, ImageUnreadable

from .rows import folder_of_cases, requests_for

pytest.importorskip("torch")
pytest.importorskip("transformers")

from eval.backends import ModelSource
from eval.backends.checkpoint import CheckpointBackend, fingerprint

from .tiny import save_tiny

SHORT = Sampling(max_new_tokens=12)
WARM = Sampling(max_new_tokens=12, temperature=1.0, seed=5)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def backend(checkpoint: Path) -> CheckpointBackend:
    return CheckpointBackend(ModelSource(path=str(checkpoint)))


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    folder = tmp_path_factory.mktemp("cases")
    return requests_for(folder_of_cases(folder), folder)


def texts(backend: CheckpointBackend, requests: list[Request], sampling: Sampling) -> list[str]:
    return [reply.text for reply in backend.generate(requests, sampling)]


def test_a_batch_answers_as_one_at_a_time(backend: CheckpointBackend, requests: list[Request]) -> None:
    # Prompts of different lengths need padding on the left to do this.
    mixed = [
        Request(r.case_id, r.prompt + " Look twice." * (place % 3), r.image, r.image_digest)
        for place, r in enumerate(requests)
    ]
    together = texts(backend, mixed, SHORT)
    assert together == [texts(backend, [one], SHORT)[0] for one in mixed]
    assert len(set(together)) > 1


def test_questions_without_a_picture_are_answered_among_those_with_one(
    backend: CheckpointBackend, requests: list[Request]
) -> None:
    blind = [Request(one.case_id, one.prompt, "", "", look=Look.NONE) for one in requests[:3]]
    mixed = [blind[0], requests[0], blind[1], requests[1], blind[2]]
    assert texts(backend, mixed, SHORT) == [texts(backend, [one], SHORT)[0] for one in mixed]
    seen, unseen = backend.generate([requests[0], blind[0]], SHORT)
    assert seen.tokens_in > unseen.tokens_in > 0
    assert seen.tokens_out > 0


def test_a_reply_cut_at_the_limit_is_marked(backend: CheckpointBackend, requests: list[Request]) -> None:
    replies = backend.generate(requests[:2], Sampling(max_new_tokens=2))
    assert not all(reply.complete for reply in replies)
    assert all(reply.finish == ("stop" if reply.complete else "length") for reply in replies)


def test_sampling_repeats_with_its_seed_and_differs_with_another(
    backend: CheckpointBackend, requests: list[Request]
) -> None:
    first = texts(backend, requests, WARM)
    assert first == texts(backend, requests, WARM)
    assert first != texts(backend, requests, Sampling(max_new_tokens=12, temperature=1.0, seed=6))


def test_the_fingerprint_is_of_the_weights_and_not_of_the_path(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    assert fingerprint(ModelSource(path=str(copy))) == fingerprint(ModelSource(path=str(checkpoint)))
    (copy / "trainer_state.json").write_text("{}")
    assert fingerprint(ModelSource(path=str(copy))) == fingerprint(ModelSource(path=str(checkpoint)))
    other = save_tiny(tmp_path / "other", seed=1)
    assert fingerprint(ModelSource(path=str(other))) != fingerprint(ModelSource(path=str(checkpoint)))


def test_an_adapter_merged_or_not_is_another_fingerprint_and_nearly_the_same_model(
    checkpoint: Path, tmp_path: Path, requests: list[Request]
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_pretrained(checkpoint)
    targets = r".*language_model.*\.(q_proj|v_proj)"
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules=targets, init_lora_weights=False))
    adapted.save_pretrained(str(tmp_path / "adapter"))
    apart = ModelSource(path=str(checkpoint), adapter=str(tmp_path / "adapter"))
    merged = apart.model_copy(update={"merge": True})
    assert len({fingerprint(ModelSource(path=str(checkpoint))), fingerprint(apart), fingerprint(merged)}) == 3
    former = renamed(tmp_path / "adapter", tmp_path / "former", "model.model.language_model.", "model.model.")
    old = apart.model_copy(update={"adapter": str(former)})
    replies = [texts(CheckpointBackend(source), requests[:4], SHORT) for source in (apart, merged, old)]
    assert replies[0] == replies[1]
    assert replies[0] == replies[2]  # the names of transformers before 4.52
    assert replies[0] != texts(CheckpointBackend(ModelSource(path=str(checkpoint))), requests[:4], SHORT)
    strange = renamed(tmp_path / "adapter", tmp_path / "strange", "language_model", "lm")
    with pytest.raises(ConfigInvalid, match="does not fit"):
        CheckpointBackend(apart.model_copy(update={"adapter": str(strange)}))


def renamed(adapter: Path, copy: Path, old: str, new: str) -> Path:
    """A copy of an adapter whose weights have other names."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(adapter, copy)
    weights = {name.replace(old, new): value for name, value in load_file(copy / "adapter_model.safetensors").items()}
    save_file(weights, copy / "adapter_model.safetensors", metadata={"format": "pt"})
    return copy


def test_missing_weights_are_an_error_and_never_random_ones(checkpoint: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    weights = {name: value for name, value in load_file(copy / "model.safetensors").items() if "layers.1" not in name}
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigInvalid, match="lacks 12 weights"):
        CheckpointBackend(ModelSource(path=str(copy)))
    (copy / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ConfigInvalid, match="cannot be loaded"):
        CheckpointBackend(ModelSource(path=str(copy)))


def test_a_missing_checkpoint_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be loaded"):
        CheckpointBackend(ModelSource(path=str(tmp_path / "nothing")))
    with pytest.raises(ConfigInvalid, match=r"model\.path is empty"):
        CheckpointBackend(ModelSource())


def test_a_broken_image_is_named(backend: CheckpointBackend, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(ImageUnreadable, match=r"x\.png"):
        backend.generate([Request("c", "?", str(tmp_path / "x.png"), "")], SHORT)
