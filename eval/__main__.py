"""`python -m eval VERB CONFIG.toml --run-dir DIR`, and `exp NAME --preset P --run-dir DIR`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

EPILOG = "exit codes: 0 fine, 1 findings or a failed stage, 2 usage or configuration, 3 knowledge unavailable"
VERBS = {
    "predict": "ask a model about every case; resumes where it was stopped",
    "score": "set predictions against the gold of a release",
    "inspect": "score, and write a log for Inspect AI's viewer (inspect view)",
    "report": "compare scored runs in one self-contained HTML file",
    "chain": "run a whole experiment: service, synthesis, training, evaluation",
}


EXPERIMENTS = ("ablation", "reward", "ddx-stress", "corruption", "reliance", "selective")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Evaluation.", epilog=EPILOG)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, sentence in VERBS.items():
        sub = verbs.add_parser(verb, help=sentence, description=sentence, epilog=EPILOG)
        sub.add_argument("config", type=Path, metavar="CONFIG.toml")
        sub.add_argument("--run-dir", type=Path, required=True, help="where everything is written; same again resumes")
        sub.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="overrides")
        sub.add_argument("--dry-run", action="store_true", help="check the configuration, say what would be done")
        if verb == "chain":
            sub.add_argument("--seed", type=int, default=0)
    sentence = "one experiment with a verdict, a report and its tables"
    experiment = verbs.add_parser("exp", help=sentence, description=sentence, epilog=EPILOG)
    experiment.add_argument("name", choices=EXPERIMENTS)
    experiment.add_argument(
        "--preset", default="toy-cpu", help="file of eval/experiments/presets/NAME (default toy-cpu)"
    )
    experiment.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 0 to N-1 (default 3)")
    experiment.add_argument(
        "--run-dir", type=Path, required=True, help="where everything is written; same again resumes"
    )
    experiment.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="overrides")
    experiment.add_argument("--dry-run", action="store_true", help="say what would be run")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, then import: help must not wait for torch."""
    arguments = _parser().parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from kg_service.job import exit_code

    return exit_code(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from kg_service.job import load_config

    if arguments.verb == "exp":
        from .experiments import run as experiment

        return experiment(
            arguments.name, arguments.preset, arguments.seeds, arguments.run_dir, arguments.overrides, arguments.dry_run
        )
    if arguments.verb == "chain":
        from .chain import ChainConfig, run_chain

        chain = load_config(ChainConfig, arguments.config, arguments.overrides)
        return run_chain(chain, arguments.run_dir, seed=arguments.seed, dry_run=arguments.dry_run)
    if arguments.verb == "predict":
        from .predict import PredictConfig as Config
        from .predict import run
    elif arguments.verb == "score":
        from .score import ScoreConfig as Config
        from .score import run
    elif arguments.verb == "inspect":
        from .inspect_log import run
        from .score import ScoreConfig as Config
    else:
        from .report import ReportConfig as Config
        from .report import run
    config = load_config(Config, arguments.config, arguments.overrides)
    if arguments.dry_run:
        print(config.model_dump_json(indent=2))
        return 0
    run(config, arguments.run_dir)  # pyright: ignore[reportArgumentType]
    print(arguments.run_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
