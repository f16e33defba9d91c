"""A plan counts exactly what can be counted, and its estimates move the way hardware does."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from peft import get_peft_model

from kg_service.client import KnowledgeSource
from kg_service.job import load_config
from training import grpo
from training.data import Row
from training.doors import enter
from training.model import build_tiny, load_processor
from training.plan import plan, processes, tell
from training.plan.hours import CARDS, seconds
from training.plan.memory import WAYS, memory
from training.plan.parameters import count, shape
from training.plan.tokens import Tokens, tokens
from training.plan.work import Work, work
from training.settings import Curriculum, GrpoConfig, Lora
from training.sizes import TinySize
from training.stage import grpo_arguments, lora_config

from ..conftest import ROOT

QWEN = "Qwen/Qwen2.5-VL-7B-Instruct"
SIZE = TinySize(hidden=48, layers=2, vision_hidden=32, vision_depth=1, vocabulary=400, pixels=56)


@pytest.fixture(scope="module")
def seven():
    """The 7B's weights, whole and with the paper's adapter."""
    return count(shape(QWEN), None, ""), count(shape(QWEN), lora_config(Lora(r=64, targets="language+merger")), "LoRA")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder of a tiny model."""
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = build_tiny(
        SIZE, ["Diagnose this image. Answer with <thinking>, <diagnosis> and <condition>."], 0
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def arguments(**given):
    """What the estimates read of TRL's arguments."""
    usual = {"activation_checkpointing": True, "use_vllm": False, "beta": 0.04, "num_iterations": 1,
             "gradient_accumulation_steps": 8, "steps_per_generation": 8}  # fmt: skip
    return SimpleNamespace(**{**usual, **given})


TOKENS = Tokens(image=256, prompt=80, completion=512, longest=848, how="")
WORK = Work(processes=8, prompts=16, generations=4, micro=1, batch=8, steps=100, epochs=1)


def test_the_7b_has_as_many_weights_as_published_and_its_adapter_as_many_as_were_counted(seven):
    whole, adapted = seven
    assert whole.total == whole.trainable == 8_292_166_656
    assert adapted.total == whole.total
    assert adapted.trained["language"] == 161_480_704
    assert set(adapted.trained) == {"language", "merger"}


@pytest.mark.parametrize("targets", ["language", "language+merger", "all-linear"])
def test_counts_are_those_of_the_model_that_is_trained(targets: str):
    model, _ = build_tiny(SIZE, ["a melanoma"], 0)
    lora = lora_config(Lora(r=4, targets=targets))
    counted = count(model.config, lora, "LoRA")
    whole = sum(weight.numel() for weight in model.parameters())
    trained, _ = get_peft_model(model, lora).get_nb_trainable_parameters()  # pyright: ignore[reportArgumentType]
    assert (counted.total, counted.trainable) == (whole, trained)
    assert bool(counted.trained.get("vision")) == (targets == "all-linear")


def test_dividing_a_model_over_gpus_never_needs_more_on_each(seven):
    for weights in seven:
        found = memory(weights, TOKENS, WORK, arguments(), "bfloat16")
        assert found["ddp"]["all"] >= found["zero2"]["all"] >= found["zero3"]["all"]
        assert found["zero3"]["weights"] == pytest.approx(found["ddp"]["weights"] / WORK.processes)
        assert set(found) == set(WAYS)


def test_memory_of_the_parts_that_are_known_exactly(seven):
    whole, adapted = seven
    lora = memory(adapted, TOKENS, WORK, arguments(), "bfloat16")["ddp"]
    assert lora["weights"] == pytest.approx(2 * 8.292, abs=0.01)
    assert lora["gradients"] + lora["optimizer"] == pytest.approx(
        16 * 0.1627, abs=0.01
    )  # float32: weight, gradient, two
    full = memory(whole, TOKENS, WORK, arguments(beta=0.0), "bfloat16")
    assert full["zero2"]["gradients"] + full["zero2"]["optimizer"] == pytest.approx(14 * 8.292 / 8, abs=0.01)
    with_reference = memory(whole, TOKENS, WORK, arguments(), "bfloat16")
    assert with_reference["ddp"]["weights"] == pytest.approx(2 * full["ddp"]["weights"])
    # keys and values: 2 x 2 bytes x 28 layers x 4 heads of 128, for 8 sequences of 848 tokens
    assert lora["generation cache"] == pytest.approx(8 * 848 * 2 * 2 * 28 * 4 * 128 / 1e9)
    assert "generation cache" not in memory(adapted, TOKENS, WORK, arguments(use_vllm=True), "bfloat16")["ddp"]


def test_recomputing_activations_saves_memory_and_costs_time(seven):
    adapted = seven[1]
    on, off = (arguments(activation_checkpointing=switch) for switch in (True, False))
    found = [memory(adapted, TOKENS, WORK, args, "bfloat16")["ddp"]["activations"] for args in (on, off)]
    assert found[0] < found[1] / 4
    slow, fast = (seconds(adapted, TOKENS, WORK, args, CARDS["H200"]) for args in (on, off))
    assert slow[0] > fast[0]


def test_a_better_card_is_never_slower_and_the_good_case_never_longer(seven):
    for weights in seven:
        for args in (arguments(), arguments(use_vllm=True)):
            found = [seconds(weights, TOKENS, WORK, args, CARDS[name]) for name in ("A100-40G", "H100", "H200")]
            assert all(low < high for low, high in found)
            assert [low for low, _ in found] == sorted((low for low, _ in found), reverse=True)


@pytest.mark.parametrize(
    ("given", "rows", "gpus", "steps", "prompts"),
    [
        ({"max_steps": 1500}, 26507, 2, 1500, 32),
        ({"num_train_epochs": 1.0}, 320, 2, 10, 32),
        ({"num_train_epochs": 1.0, "num_iterations": 2}, 320, 2, 20, 32),
        ({"num_train_epochs": 1.0}, 321, 1, 21, 16),
    ],
)
def test_steps_follow_from_rows_batch_and_gpus(given, rows: int, gpus: int, steps: int, prompts: int):
    usual = {"max_steps": -1, "num_train_epochs": 3.0, "per_device_train_batch_size": 8, "num_generations": 4}
    found = work(arguments(**{**usual, **given}), rows, gpus)
    assert (found.steps, found.prompts, found.sequences) == (steps, prompts, prompts * 4)


def test_images_are_estimated_at_the_tokens_the_processor_gives_them(workshop, release, tiny: Path):
    config = asked(workshop, tiny)
    rows = grpo.rows(config, release)
    counted = tokens(rows, load_processor(tiny), max_pixels=None)
    guessed = tokens(rows, None, max_pixels=56 * 56)
    assert counted.image == guessed.image == 4
    assert "not here" in guessed.how
    assert tokens(rows, None, max_pixels=None, limit=77).completion == 77


def test_the_longest_row_is_told_wherever_it_stands():
    rows = [Row("a question", "an answer")] * 400
    rows[211] = Row("a question", "a long answer " * 100)
    found = tokens(rows, None, max_pixels=None)
    assert found.longest > 300
    assert found.row < 40


def asked(workshop, model: Path, **given) -> GrpoConfig:
    config = load_config(GrpoConfig, ROOT / "training" / "configs" / "ci" / "grpo.toml", [f"model.path={model}"])
    data = config.data.model_copy(update={"cases": str(workshop.cases)})
    return config.model_copy(update={"knowledge": KnowledgeSource(path=str(workshop.snapshot)), "data": data, **given})


def test_a_curriculum_is_gone_through_once_on_any_number_of_gpus(workshop, release, tiny: Path, tmp_path: Path):
    config = asked(workshop, tiny, curriculum=Curriculum(order="shallow-first"))
    rows, spec = grpo.rows(config, release), grpo.spec_of(config)
    for gpus in (1, 8):
        args = grpo_arguments(config, tmp_path)
        made = plan("grpo", Path("c.toml"), [], tmp_path, config, rows, args, release, spec, gpus)
        assert "one pass over the data" in tell(made)


def test_a_plan_says_what_is_trained_on_and_its_json_says_the_same(workshop, release, tiny: Path, tmp_path: Path):
    config = asked(workshop, tiny)
    rows, spec = grpo.rows(config, release), grpo.spec_of(config)
    args = grpo_arguments(config, tmp_path)
    made = plan("grpo", Path("c.toml"), ["seed=1"], tmp_path, config, rows, args, release, spec, 1)
    told, machine = tell(made), json.loads(json.dumps(made.as_json()))
    assert sum(made.facts.levels.values()) == sum(made.facts.conditions.values()) == len(rows)
    for fact in (release.digest, spec.digest, rows[0].prompt.splitlines()[0], "ESTIMATES", "Nothing here was measured"):
        assert fact in told
    assert machine["weights"]["total"] == made.weights.total  # pyright: ignore[reportOptionalMemberAccess]
    assert (machine["work"]["steps"], machine["sequences_per_step"]) == (4, 8)
    assert machine["commands"] == [f"python -m training grpo c.toml --run-dir {tmp_path} --set seed=1"]


def test_a_plan_for_the_7b_needs_neither_weights_nor_gpu(workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SKIN_R1_GPUS", "6")
    given = [f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}"]
    told = enter("grpo", ROOT / "training/configs/h200/grpo.toml", given, tmp_path / "run", dry_run=True)
    for fact in ("8.29 B weights", "161 M", "6 training GPUs", "--num_processes 6", "vllm serve", "not there yet"):
        assert fact in told
    assert not (tmp_path / "run").exists()


def test_an_unknown_model_is_planned_without_estimates_and_says_so(workshop, release, tmp_path: Path):
    config = asked(workshop, Path("nobody/knows-this"))
    rows, args = grpo.rows(config, release), grpo_arguments(config, tmp_path)
    made = plan("grpo", Path("c.toml"), ["seed=1"], tmp_path, config, rows, args, release, grpo.spec_of(config), 1)
    assert made.cost is made.weights is None
    assert "is neither a folder" in tell(made)


def test_gpus_are_those_of_the_launcher_else_those_asked_for():
    assert processes({}) == 1
    assert processes({"SKIN_R1_GPUS": "6"}) == 6
    assert processes({"SKIN_R1_GPUS": "6", "WORLD_SIZE": "2"}) == 2


def test_a_run_leaves_its_plan_and_its_speed(sft: Path):
    planned = json.loads((sft / "plan.json").read_text())
    manifest = json.loads((sft / "manifest.json").read_text())
    assert planned["config"] == manifest["config"]
    assert planned["facts"]["rows"] == manifest["rows"]
    assert "throughput" in manifest
