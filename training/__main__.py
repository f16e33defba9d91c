"""`python -m training base|sft|grpo CONFIG.toml [--set a.b=c] [--run-dir DIR] [--dry-run]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

EPILOG = (
    "The same command continues a killed run from its last checkpoint and skips a finished one. "
    "Exit codes: 0 fine, 2 usage, configuration or data, 3 knowledge unavailable."
)
VERBS = {
    "base": "teach a tiny model to see and speak: the stand-in for a pre-trained VLM",
    "sft": "fine-tune a model on trajectories",
    "grpo": "train a model or an SFT adapter on cases, rewarded by the knowledge",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Training.", epilog=EPILOG)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, sentence in VERBS.items():
        sub = verbs.add_parser(verb, help=sentence, description=sentence, epilog=EPILOG)
        sub.add_argument("config", type=Path, metavar="CONFIG.toml")
        sub.add_argument("--run-dir", type=Path, required=True, help="where everything is written; same again resumes")
        sub.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="overrides")
        sub.add_argument("--dry-run", action="store_true", help="check configuration and data, print the plan, stop")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, then import: help must not wait for torch."""
    asked = _parser().parse_args(argv)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from kg_service.job import exit_code

    def run() -> int:
        from .doors import enter

        print(enter(asked.verb, asked.config, asked.overrides, asked.run_dir, dry_run=asked.dry_run))
        return 0

    return exit_code(run)


if __name__ == "__main__":
    sys.exit(main())
