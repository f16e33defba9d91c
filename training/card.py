"""The model card: `README.md` beside the weights, as the Hub wants it.

Every number is read from a file of the run; what no file holds is said to be absent. No path of this machine is named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from kg_service.core.answer import instruction
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.trajectory import Trajectory
from kg_service.job import file_digest, read_jsonl, write_text

DRAWN = "phantom"  # the source of drawn cases
BASE_STAGE = "training base"
SHOWN = (
    "loss", "mean_token_accuracy", "reward", "reward/format", "reward/granularity", "reward/condition",
    "reward/grounding", "exact", "resolved", "abstained", "malformed", "level", "on_path", "kl",
    "completions/mean_length", "reward_share", "watch/sft_loss", "watch/blank_reward", "watch/probe_reward",
)  # fmt: skip
TITLES = {"training base": "base model", "training sft": "supervised fine-tuning", "training grpo": "GRPO"}


def run(run_dir: Path) -> int:
    """`python -m training card RUN`: write the card anew, an evaluation of it included that has come meanwhile."""
    print(write(run_dir))
    return 0


def write(run_dir: Path) -> Path:
    """Write the card.

    Raises:
        ConfigInvalid: the run is not finished.
    """
    manifest, card = run_dir / "manifest.json", where(run_dir)
    if not manifest.is_file() or not card.parent.is_dir():
        raise ConfigInvalid(f"{run_dir} is no finished run (manifest.json and weights); start its stage again")
    found = json.loads(manifest.read_text(encoding="utf-8"))
    write_text(card, text(found, run_dir, card.parent))
    return card


def where(run_dir: Path) -> Path:
    """Where the card of a run stands: beside its adapter, or beside its checkpoint where all weights were trained."""
    return run_dir / ("adapter" if (run_dir / "adapter").is_dir() else "checkpoint") / "README.md"


def text(manifest: Mapping[str, Any], run_dir: Path, folder: Path) -> str:
    """The whole card."""
    config = manifest["config"]
    cases, problem = _records(manifest, config["data"]["cases"], Case)
    trained = [case for case in cases if case.split == config["data"]["split"]]
    base = _base(config, folder)
    parts = [
        f"---\n{_header(manifest, base, folder).to_yaml()}\n---",
        f"# Skin-R1: {TITLES.get(manifest['job'], manifest['job'])}",
        _limits(manifest, trained),
        "## Data\n\n" + (problem or _data(trained, config["data"])) + _trajectories(manifest, config),
        "## Knowledge and reward\n\n" + _knowledge(manifest, config),
        "## How it was trained\n\n" + _training(manifest, config, base),
        "## What it logged while training\n\n" + _logged(run_dir),
        "## Evaluation\n\n" + _evaluation(run_dir),
        "## How to load it\n\n" + _loading(config, base, folder),
        "## Versions\n\n" + _table(("package", "version"), sorted(manifest["versions"].items()))
        + f"\n\nCommit of Skin-R1: `{manifest['commit']}`.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _base(config: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Name, and revision or weights, of what was trained; empty for a model built from nothing."""
    path = folder / "base.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"name": config["model"]["path"]} if "model" in config else {}


def _on_hub(base: Mapping[str, str]) -> str:
    name = base.get("name", "")
    return name if name.count("/") == 1 and not name.startswith((".", "/")) and not Path(name).is_dir() else ""


def _header(manifest: Mapping[str, Any], base: Mapping[str, str], folder: Path) -> ModelCardData:
    adapter = folder.name == "adapter"
    stage = manifest["job"].removeprefix("training ")
    found = ModelCardData(
        base_model=_on_hub(base) or None,
        library_name="peft" if adapter else "transformers",
        pipeline_tag="image-text-to-text",
        language="en",
        license="other",
        tags=["skin-r1", "dermatology", "not-for-clinical-use", stage, *(["lora"] if adapter else [])],
    )
    if _on_hub(base):
        found["base_model_relation"] = "adapter" if adapter else "finetune"
    return found


def _limits(manifest: Mapping[str, Any], cases: Sequence[Case]) -> str:
    lines = ["**Not a medical device.** For research on the method alone. No clinician has assessed this run; a "
             "reply may be wrong and still read well. Do not use it to diagnose, triage or treat."]  # fmt: skip
    drawn = sum(case.source == DRAWN for case in cases)
    if drawn:
        share = "All" if drawn == len(cases) else f"{drawn} of {len(cases)}"
        lines.append(f"**{share} of its training cases are drawn phantoms, not photographs.** What it does on them "
                     "shows that the machinery works, and nothing about skin.")  # fmt: skip
    if manifest["job"] == BASE_STAGE:
        lines.append("It stands in for a pre-trained model: it was built from random weights and knows nothing else.")
    return "\n\n".join(lines)


def _data(cases: Sequence[Case], data: Mapping[str, Any]) -> str:
    if not cases:
        return f"The cases file holds no case of the split `{data['split']}`."
    counts = Counter((case.source, case.licence) for case in cases)
    golds = Counter(case.gold for case in cases)
    groups = len({case.group for case in cases})
    rows = [(source, licence or "not stated", count) for (source, licence), count in sorted(counts.items())]
    frequent = sorted(golds.items(), key=lambda item: (-item[1], item[0]))[:8]
    most = ", ".join(f"{gold} {count}" for gold, count in frequent)
    limit = f" The run was limited to {data['limit']} rows." if data["limit"] else ""
    return (
        f"Split `{data['split']}`: {len(cases)} cases of {groups} patients, lesions or images, {len(golds)} golds "
        f"(most frequent: {most}).{limit}\n\n{_table(('dataset', 'licence', 'cases'), rows)}\n\n"
        "The licences of the images bind whoever uses what was trained on them."
    )


def _trajectories(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    if manifest["job"] != "training sft":
        return ""
    rows, problem = _records(manifest, config["data"]["trajectories"], Trajectory)
    if problem:
        return f"\n\n{problem}"
    kinds = Counter(row.kind.value for row in rows)
    writers = Counter(" ".join(str(row.provenance.get(key, "")) for key in ("engine", "model")).strip() for row in rows)
    return f"\n\nTrajectories: {len(rows)} ({_counts(kinds)}), written by {_counts(writers)}."


def _records(manifest: Mapping[str, Any], name: str, cls: type[Any]) -> tuple[list[Any], str]:
    """The records of an input, or a sentence on why they cannot be counted."""
    path = Path(name)
    digest = next((known for given, known in manifest["inputs"].items() if Path(given) == path), "")
    if not path.is_file():
        return [], f"`{path.name}` ({digest or 'no digest'}) was not at hand when this card was written: no counts."
    if file_digest(path) != digest:
        return [], f"`{path.name}` is not the file the run read ({digest or 'no digest'}) any more: no counts."
    return list(read_jsonl(path, cls)), ""


def _knowledge(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    rows = [("release", manifest["release"] or "none named: a file"), ("digest", f"`{manifest['digest']}`")]
    if "reward" in config:
        rows += [(f"reward.{key}", value) for key, value in sorted(config["reward"].items())]
        rows.append(("reward digest", f"`{manifest['spec_digest']}`"))
    rows += [(f"input `{Path(name).name}`", f"`{digest}`") for name, digest in sorted(manifest["inputs"].items())]
    return _table(("what", "value"), rows)


def _training(manifest: Mapping[str, Any], config: Mapping[str, Any], base: Mapping[str, str]) -> str:
    rows: list[tuple[str, Any]] = [("rows", manifest.get("rows", "not recorded")), ("seed", config["seed"])]
    if base:
        rows.append(("base", _on_hub(base) or "a folder on the machine that trained it"))
        rows += [(f"base {key}", f"`{base[key]}`") for key in ("revision", "weights") if key in base]
    for part in ("model", "lora", "tiny", "questions", "curriculum", "train"):
        content = config.get(part) or {}
        rows += [(f"{part}.{key}", value) for key, value in sorted(content.items()) if key not in ("path", "adapter")]
    if config["train"].get("beta"):  # TRL's default is 0: no reference
        started = "the SFT adapter it continues" if config["model"]["adapter"] else "the model it started from"
        rows.append(("KL reference", f"{started} ({config['reference']})"))
    return _table(("setting", "value"), rows) + "\n\nWhat is not named here is the default of the versions below."


def _logged(run_dir: Path) -> str:
    path = run_dir / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    rows = []
    for name in SHOWN:
        seen = [(line["step"], line[name]) for line in lines if isinstance(line.get(name), (int, float))]
        if seen:
            (first, start), (last, end) = seen[0], seen[-1]
            rows.append((f"`{name}`", f"{start:.4g} (step {first})", f"{end:.4g} (step {last})"))
    if not rows:
        return "Nothing was logged."
    stopped = _read(run_dir / "watch.json").get("stopped")
    early = f"\n\nThe run was stopped early: {stopped}." if stopped else ""
    return _table(("column", "first", "last"), rows) + (
        "\n\nMeasured on the training rows, under the sampling of training: no measure of how well it generalises."
        f"{early}"
    )


def _evaluation(run_dir: Path) -> str:
    """From `metrics.json` (an evaluation's own file) in the run directory."""
    rows = []
    for name, found in sorted(_read(run_dir / "metrics.json").items()):
        if isinstance(found, dict) and isinstance(found.get("value"), (int, float)):
            low, high = found.get("ci") or (None, None)
            interval = "none" if low is None or high is None else f"{low:.3f} to {high:.3f}"
            rows.append((f"`{name}`", f"{found['value']:.3f}", interval, found.get("groups", "")))
    if not rows:
        return "No evaluation lies in the run directory: nothing is claimed about unseen images."
    return _table(("metric", "value", "95 % interval", "groups"), rows)


def _loading(config: Mapping[str, Any], base: Mapping[str, str], folder: Path) -> str:
    question = f"It was trained to answer this question about one image:\n\n```text\n{instruction()}\n```"
    asked = (config.get("questions") or {}).get("ask", "open")
    if asked != "open":
        question += f"\n\nor the same with lettered options (`{asked}`)."
    pixels = (config.get("model") or {}).get("max_pixels")
    limits = f", max_pixels={pixels}" if pixels else ""
    head = (
        "from transformers import AutoModelForImageTextToText, AutoProcessor\n\n"
        f'processor = AutoProcessor.from_pretrained("THIS_FOLDER"{limits})\n'
    )
    if folder.name != "adapter":
        code = head + 'model = AutoModelForImageTextToText.from_pretrained("THIS_FOLDER")'
        return f"{question}\n\n```python\n{code}\n```\n\n```sh\nvllm serve THIS_FOLDER\n```"
    name = _on_hub(base) or "THE_BASE"
    code = (
        "from peft import PeftModel\n" + head + f'model = AutoModelForImageTextToText.from_pretrained("{name}")\n'
        'model = PeftModel.from_pretrained(model, "THIS_FOLDER")'
    )
    lora = config.get("lora") or _read(folder / "adapter_config.json")
    if lora.get("targets") == "language":
        why = "It changes the language model alone, so vLLM serves it on its base:"
        serve = f"vllm serve {name} --enable-lora --max-lora-rank {lora['r']} --lora-modules skin-r1=THIS_FOLDER"
    else:
        why = "It also changes layers outside the language model, which vLLM passes over by default; merge it first:"
        serve = f"python -m training merge THIS_FOLDER --model {name} --out MERGED\nvllm serve MERGED"
    return f"{question}\n\n```python\n{code}\n```\n\n{why}\n\n```sh\n{serve}\n```"


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
