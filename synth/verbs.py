"""The verbs behind the command line: each takes the parsed arguments and returns (exit code, JSON answer)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from kg_service.client import load
from kg_service.job import load_config

from .settings import SynthConfig

Outcome = tuple[int, dict[str, Any]]


def cases(asked: argparse.Namespace) -> Outcome:
    from . import cases as job

    config = load_config(SynthConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config))
    return 0, job.make(config, load(config.knowledge), asked.run_dir)


def contact_sheet(asked: argparse.Namespace) -> Outcome:
    from . import sheet

    return 0, {"contact_sheet": str(sheet.make(asked.run_dir, asked.split))}


def _dry(lines: Iterable[str]) -> Outcome:
    return 0, {"dry_run": list(lines)}
