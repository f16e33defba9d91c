"""`python -m training base|sft|grpo|doctor|plot|merge|card`. Heavy imports wait until the arguments are understood."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

EPILOG = (
    "The same command continues a killed run from its last checkpoint and skips a finished one. "
    "Exit codes: 0 fine, 1 findings, 2 usage, configuration or data, 3 knowledge unavailable."
)
STAGES = {
    "base": "teach a tiny model to see and speak: the stand-in for a pre-trained VLM (one process)",
    "sft": "fine-tune a model on trajectories",
    "grpo": "train a model or an SFT adapter on cases, rewarded by the knowledge",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Training.", epilog=EPILOG)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, sentence in STAGES.items():
        stage = verbs.add_parser(verb, help=sentence, description=sentence, epilog=EPILOG)
        _configured(stage)
        stage.add_argument(
            "--run-dir", type=Path, required=True, help="where everything is written; same again resumes"
        )
        stage.add_argument("--dry-run", action="store_true", help="check configuration and data, print the plan, stop")
    doctor = verbs.add_parser("doctor", help="everything that can be checked before a long run")
    doctor.add_argument("stage", choices=["sft", "grpo"])
    _configured(doctor)
    doctor.add_argument("--json", action="store_true", dest="as_json", help="for machines")
    plot = verbs.add_parser("plot", help="plots of one run, or of several in one picture")
    plot.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    plot.add_argument("--out", type=Path, metavar="DIR", help="default: RUN/plots of the first run")
    merge = verbs.add_parser("merge", help="an adapter and its model as one checkpoint folder")
    merge.add_argument("source", type=Path, metavar="ADAPTER_OR_RUN")
    merge.add_argument("--out", type=Path, required=True, metavar="DIR")
    merge.add_argument("--model", default="", help="the model it was trained on (default: what the adapter names)")
    merge.add_argument("--dtype", default="bfloat16")
    card = verbs.add_parser("card", help="write the model card of a finished run again")
    card.add_argument("run", type=Path, metavar="RUN")
    return parser


def _configured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="overrides")


def main(argv: list[str] | None = None) -> int:
    """Parse, then import: help must not wait for torch."""
    asked = _parser().parse_args(argv)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from kg_service.job import exit_code

    return exit_code(lambda: _run(asked))


def _run(asked: argparse.Namespace) -> int:
    if asked.verb == "doctor":
        from .doctor import run as examine

        return examine(asked.stage, asked.config, asked.overrides, asked.as_json)
    if asked.verb == "plot":
        from .plot import run as draw

        return draw(asked.runs, asked.out)
    if asked.verb == "merge":
        from .merge import run as merge

        return merge(asked.source, asked.out, asked.model, asked.dtype)
    if asked.verb == "card":
        from .card import run as write

        return write(asked.run)
    from .doors import enter

    said = enter(asked.verb, asked.config, asked.overrides, asked.run_dir, dry_run=asked.dry_run)
    if os.environ.get("RANK", "0") == "0":  # of several processes one speaks
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
