"""What every experiment shares: its seeds, each done once, and what it leaves in its run directory.

An experiment is a module with three things:

- `Settings`, a pydantic model (`extra="forbid", frozen=True`): what its preset's TOML file holds;
- `run(settings, run_dir, seeds) -> Findings`: does what is left to do, each seed in RUN/seed-S, and says what it found;
- `commands(settings, run_dir, seeds) -> list[str]`: what a dry run prints, one command or sentence a line.

The frame writes `tables/NAME.csv` and `.md`, `plots/NAME.svg`, `report.html`, `verdict.json` and `manifest.json`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from kg_service.core.errors import ConfigInvalid
from kg_service.job import write_json, write_manifest, write_text

from ..drawing import Plot, standalone
from ..tables import Table
from .verdict import Verdict


class Stopped(Exception):
    """A seed ended early and has said why; `code` is the exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"stopped with code {code}")


@dataclass(frozen=True, slots=True)
class Findings:
    """What an experiment found, on which release."""

    verdict: Verdict
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...]
    release: str
    digest: str


def identity(settings: BaseModel, *more: object) -> str:
    """A digest of what a seed's result depends on besides the seed.

    Args:
        more: JSON values, for example the digests of files that the settings name.
    """
    content = [settings.model_dump(mode="json"), *more]
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def each_seed(
    run_dir: Path, seeds: Sequence[int], mark: str, work: Callable[[int, Path], int | None]
) -> list[tuple[int, Path]]:
    """Do `work(seed, RUN/seed-S)` for every seed that is not done, in order. Returns all seeds with their folders.

    A finished seed leaves `seed-S/done.json` with its mark and is not repeated; a killed one starts `work` again, which
    resumes by its own means.

    Args:
        mark: of `identity`.
        work: returns an exit code; None is 0.

    Raises:
        ConfigInvalid: a seed was finished under another mark.
        Stopped: a seed ended with another code than 0. The same command continues there.
    """
    found = []
    for place, seed in enumerate(seeds, start=1):
        folder = run_dir / f"seed-{seed}"
        done = folder / "done.json"
        if not done.is_file():
            print(f"── seed {seed} ({place} of {len(seeds)})", file=sys.stderr, flush=True)
            if code := work(seed, folder):
                raise Stopped(code)
            write_json(done, {"mark": mark, "seed": seed})
        elif json.loads(done.read_text(encoding="utf-8"))["mark"] != mark:
            raise ConfigInvalid(f"{folder} was finished with other settings; give another --run-dir, or delete it")
        found.append((seed, folder))
    return found


def leave(
    findings: Findings, settings: BaseModel, run_dir: Path, *, experiment: str, preset: str, seeds: Sequence[int]
) -> None:
    """Write everything an experiment leaves. The verdict comes last: where it stands, the rest stands too."""
    from .page import page

    for table in findings.tables:
        write_text(run_dir / "tables" / f"{table.name}.csv", table.as_csv())
        write_text(run_dir / "tables" / f"{table.name}.md", table.as_markdown())
    for plot in findings.plots:
        write_text(run_dir / "plots" / f"{plot.name}.svg", standalone(plot.svg))
    write_manifest(
        run_dir,
        job=f"eval exp {experiment}",
        config=settings,
        release=findings.release,
        digest=findings.digest,
        extra={"experiment": experiment, "preset": preset, "seeds": list(seeds)},
    )
    manifest = json.loads((run_dir / "manifest.json").read_text(encoding="utf-8"))
    write_text(run_dir / "report.html", page(findings, experiment, preset, manifest))
    named = {"experiment": experiment, "preset": preset, "release": findings.release, "digest": findings.digest}
    write_json(run_dir / "verdict.json", {**findings.verdict.as_json(), **named})
