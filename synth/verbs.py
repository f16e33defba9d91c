"""The verbs behind the command line: each takes the parsed arguments and returns (exit code, JSON answer)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from kg_service.client import load
from kg_service.job import load_config

Outcome = tuple[int, dict[str, Any]]


def textbook(asked: argparse.Namespace) -> Outcome:
    from .textbook import job
    from .textbook.settings import TextbookConfig

    config = load_config(TextbookConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config))
    return 0, job.make(config, asked.run_dir)


def propose(asked: argparse.Namespace) -> Outcome:
    from .propose import job
    from .propose.settings import ProposeConfig

    config = load_config(ProposeConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config, asked.run_dir))
    return 0, job.make(config, load(config.knowledge), asked.run_dir, send=asked.send)


def cases(asked: argparse.Namespace) -> Outcome:
    from .cases import job
    from .settings import SynthConfig

    config = load_config(SynthConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config))
    return 0, job.make(config, load(config.knowledge), asked.run_dir)


def generate(asked: argparse.Namespace) -> Outcome:
    from . import generate as job
    from .settings import SynthConfig

    config = load_config(SynthConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config, asked.run_dir))
    met, found = job.make(
        config, load(config.knowledge), asked.run_dir, processes=asked.processes, rank=asked.rank, ray=asked.ray
    )
    return (0, found) if asked.rank else _judged(met, found)


def merge(asked: argparse.Namespace) -> Outcome:
    from . import generate as job

    return _judged(*job.join_run(asked.run_dir))


def _judged(met: bool, found: dict[str, Any]) -> Outcome:
    answer = {name: found[name] for name in ("funnel", "shares", "below_floor", "kinds", "rejected_by_code")}
    return (0 if met else 1), answer


def judge(asked: argparse.Namespace) -> Outcome:
    from . import judge as job
    from .settings import SynthConfig

    config = load_config(SynthConfig, asked.config, asked.overrides)
    if asked.dry_run:
        return _dry(job.expected(config, asked.run_dir))
    return job.make(config, load(config.knowledge), asked.run_dir)


def batch(asked: argparse.Namespace) -> Outcome:
    from .model import batch as job

    return 0, job.take(asked.run_dir, asked.answers)


def check(asked: argparse.Namespace) -> Outcome:
    from . import selftest

    return selftest.self_test(asked.run_dir) if asked.self_test else selftest.recheck(asked.run_dir)


def view(asked: argparse.Namespace) -> Outcome:
    from . import view as job

    return 0, {"view": str(job.make(asked.run_dir, asked.out or asked.run_dir / "view.html", rows=asked.rows))}


def redact(asked: argparse.Namespace) -> Outcome:
    from .generate import redaction

    return 0, redaction.make(asked.run_dir, asked.book, asked.out)


def contact_sheet(asked: argparse.Namespace) -> Outcome:
    from .cases import sheet

    return 0, {"contact_sheet": str(sheet.make(asked.run_dir, asked.split))}


def echo(asked: argparse.Namespace) -> Outcome:
    from . import echo as twin

    twin.serve(asked.port, asked.fault, asked.seed)
    return 0, {}


def _dry(lines: Iterable[str]) -> Outcome:
    return 0, {"dry_run": list(lines)}


def corrupt(asked: argparse.Namespace) -> Outcome:
    from . import corrupt as fault

    return 0, fault.run(asked.run_dir, asked.kind, asked.rate, asked.size, asked.seed, asked.out)
