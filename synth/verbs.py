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


def generate(asked: argparse.Namespace) -> Outcome:
    from . import generate as job

    config = load_config(SynthConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config, asked.run_dir))
    met, found = job.make(config, load(config.knowledge), asked.run_dir)
    answer = {name: found[name] for name in ("funnel", "shares", "below_floor", "kinds", "rejected_by_code")}
    return (0 if met else 1), answer


def check(asked: argparse.Namespace) -> Outcome:
    from . import selftest

    return selftest.self_test(asked.run_dir) if asked.self_test else selftest.recheck(asked.run_dir)
