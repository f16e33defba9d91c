"""Python, packages, GPUs: against what the project was tried with."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib import metadata, util
from pathlib import Path

import torch

from ..plan.memory import SURE
from .finding import Finding

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers")
TRIED = Path(__file__).resolve().parents[2] / "constraints.txt"
PYTHON = (3, 11)


def tried(text: str) -> dict[str, str]:
    """Package -> version, of a file of constraints."""
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE)}


def versions(known: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[Finding]:
    """
    Args:
        known: what the project was tried with.
        installed: what is here; a package that is missing is missing in it.
    """
    for name in PACKAGES:
        have, want = installed.get(name), known.get(name, "")
        if have is None:
            yield Finding(name, "fail", "is not installed: pip install -c constraints.txt -e '.[training]'")
        elif _minor(have) != _minor(want):
            yield Finding(name, "warn", f"{have}, but tried with {want}; trainers change between minor versions")
        else:
            yield Finding(name, "ok", have)


def software() -> Iterator[Finding]:
    """Python and the packages training stands on."""
    have = tuple(map(int, platform.python_version_tuple()[:2]))
    state = "ok" if have >= PYTHON else "fail"
    needed = "" if state == "ok" else f", but {'.'.join(map(str, PYTHON))} or newer is needed"
    yield Finding("python", state, f"{platform.python_version()}{needed}")
    installed: dict[str, str] = {}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    yield from versions(tried(TRIED.read_text(encoding="utf-8")), installed)


def extra(name: str, why: str) -> Iterator[Finding]:
    """A package that only some configurations need."""
    if util.find_spec(name) is None:
        yield Finding(name, "fail", f"is not installed, and {why} needs it: pip install -e '.[gpu]'")


def gpus(weights: int | None) -> Iterator[Finding]:
    """
    Args:
        weights: of the model that is trained, None where unknown.
    """
    if not torch.cuda.is_available():
        small = weights is not None and weights < 500_000_000
        says = "none: the stage runs on the CPU, in float32"
        yield Finding(
            "gpu",
            "warn" if small else "fail",
            says if small else f"{says}, too slow for this model; look and train where GPUs are",
        )
        return
    for place in range(torch.cuda.device_count()):
        with torch.cuda.device(place):
            free, size = torch.cuda.mem_get_info()
            half = torch.cuda.is_bf16_supported()
        name = f"{torch.cuda.get_device_name(place)}, {free / 1e9:.0f} of {size / 1e9:.0f} GB free"
        if not half:
            yield Finding(f"gpu {place}", "fail", f"{name}: no bfloat16; set train.bf16 = false and train.fp16 = true")
        elif free < 0.9 * size:
            yield Finding(f"gpu {place}", "warn", f"{name}: somebody else is on it (nvidia-smi says who)")
        else:
            yield Finding(f"gpu {place}", "ok", f"{name}, CUDA {torch.version.cuda}")


def memory(plan: Mapping[str, Mapping[str, float]], free: float, count: int) -> Finding:
    """
    Args:
        plan: GB a GPU by way of spreading and by part (`plan.memory`).
        free: GB of the smallest GPU.
        count: GPUs that train.
    """
    whole, divided = plan["ddp"]["all"], plan["zero3"]["all"]
    if whole < free:
        state = "ok" if whole < SURE * free else "warn"
        return Finding(
            "memory", state, f"about {whole:.0f} GB of {free:.0f} GB a GPU, by estimate, a quarter more or less"
        )
    if count > 1 and divided < free:
        says = f"a whole model needs about {whole:.0f} GB of {free:.0f} GB; launch with zero3.yaml or fsdp2.yaml: "
        return Finding("memory", "warn", f"{says}about {divided:.0f} GB each")
    says = (
        f"about {divided:.0f} GB of {free:.0f} GB a GPU on {count}; lower train.per_device_train_batch_size and raise "
    )
    return Finding(
        "memory", "fail", f"{says}gradient_accumulation_steps, set activation_checkpointing, or use more GPUs"
    )


def room(folder: Path, wanted: float | None) -> Iterator[Finding]:
    """
    Args:
        folder: under which runs will be written.
        wanted: GB that a run will need, None where unknown.
    """
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "fail", f"{folder.resolve()} cannot be written; give a --run-dir that can")
        return
    free = shutil.disk_usage(folder).free / 1e9
    if wanted is None:
        yield Finding("disk", "ok", f"{free:.0f} GB free")
    elif free < wanted:
        yield Finding("disk", "fail", f"{free:.0f} GB free, about {wanted:.0f} GB needed; lower train.save_total_limit")
    else:
        yield Finding(
            "disk", "ok" if free > 2 * wanted else "warn", f"{free:.0f} GB free, about {wanted:.0f} GB needed"
        )


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split("+")[0].split(".")[:2])
