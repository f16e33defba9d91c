"""Experiments: a claim, the runs that could refute it, and a verdict. `python -m eval exp NAME --preset PRESET`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

PRESETS = Path(__file__).parent / "presets"
# Name -> module, imported when it is asked for.
EXPERIMENTS = {
    "ablation": "ablation",
    "reward": "reward",
    "ddx-stress": "ddx_stress",
    "corruption": "corruption",
    "reliance": "reliance",
    "selective": "selective",
}


def run(name: str, preset: str, seeds: int, run_dir: Path, overrides: Sequence[str], dry_run: bool) -> int:
    """Run an experiment, or what is left of it, over the seeds 0 to `seeds` - 1.

    Args:
        preset: a name among `presets/NAME`, or the path of a TOML file.

    Returns:
        0 whatever the verdict: a refuted claim is a result. Otherwise the code of the stage that failed.

    Raises:
        ConfigInvalid: there is no such experiment or preset, or its settings do not hold.
    """
    from kg_service.core.errors import ConfigInvalid
    from kg_service.job import load_config

    from .experiment import Stopped, leave

    if name not in EXPERIMENTS:
        raise ConfigInvalid(f"there is no experiment {name!r}; there are {', '.join(EXPERIMENTS)}")
    if seeds < 1:
        raise ConfigInvalid("an experiment needs at least one seed")
    module = import_module(f".{EXPERIMENTS[name]}", __name__)
    settings = load_config(module.Settings, preset_path(name, preset), overrides)
    chosen = range(seeds)
    if dry_run:
        for line in module.commands(settings, run_dir, chosen):
            print(line)
        return 0
    try:
        findings = module.run(settings, run_dir, chosen)
    except Stopped as stopped:
        return stopped.code
    leave(findings, settings, run_dir, experiment=name, preset=preset, seeds=chosen)
    print(f"\n{findings.verdict.sentence}", *findings.verdict.notes, sep="\n", file=sys.stderr)
    print(run_dir / "verdict.json")
    return 0


def preset_path(name: str, preset: str) -> Path:
    """
    Raises:
        ConfigInvalid: neither a preset of this experiment nor a file.
    """
    from kg_service.core.errors import ConfigInvalid

    path = Path(preset) if preset.endswith(".toml") else PRESETS / name / f"{preset}.toml"
    if not path.is_file():
        listed = ", ".join(sorted(found.stem for found in (PRESETS / name).glob("*.toml"))) or "none yet"
        raise ConfigInvalid(f"{name} has no preset {preset!r}; there are {listed}, or give the path of a TOML file")
    return path
