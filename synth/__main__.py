"""`python -m synth`: textbooks, cases, trajectories, checks. Heavy imports wait until the arguments are understood."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

# Verb -> what it does, for those that take a configuration and a run directory.
JOBS = {
    "textbook": "read textbooks -> passages.jsonl, figures, pages",
    "propose": "differentials, features and synonyms found in passages -> candidates.jsonl, proposals",
    "cases": "draw phantoms or read datasets -> cases.jsonl",
    "generate": "write trajectories for the cases -> trajectories.jsonl, report.md",
    "judge": "let a second model choose and grade -> judgements.jsonl, flags",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m synth", description="Textbooks, cases, trajectories and their checks.", allow_abbrev=False
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    jobs = {}
    for verb, about in JOBS.items():
        command = jobs[verb] = verbs.add_parser(verb, help=about, description=about, allow_abbrev=False)
        command.add_argument("config", type=Path, metavar="CONFIG.toml")
        command.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=VALUE")
        command.add_argument("--run-dir", type=Path, required=True, metavar="DIR")
        command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    spread = jobs["generate"]
    spread.add_argument("--processes", type=int, default=1, metavar="N", help="so many processes on this machine")
    spread.add_argument(
        "--rank", metavar="R/N", default="",
        help="do the part of rank R (from 0) of N; `auto` reads Slurm's or Kubernetes' environment. `merge` joins them",
    )  # fmt: skip
    spread.add_argument("--ray", metavar="ADDRESS", default="", help="spread over a Ray cluster (`auto`, `local`)")
    jobs["propose"].add_argument("--send", metavar="URL", default="", help="offer them to this knowledge service")
    merge = verbs.add_parser("merge", help="join the parts that ranks have written")
    merge.add_argument("run_dir", type=Path, metavar="RUN")
    batch = verbs.add_parser("batch", help="take the answers of a batch file into the cache of a run")
    batch.add_argument("run_dir", type=Path, metavar="RUN")
    batch.add_argument("answers", type=Path, nargs="+", metavar="ANSWERS.jsonl")
    check = verbs.add_parser("check", help="check the trajectories of a run, or the checks themselves")
    check.add_argument("run_dir", type=Path, metavar="RUN")
    check.add_argument("--self-test", action="store_true", help="inject every kind of fault and count what is caught")
    view = verbs.add_parser("view", help="one page to look at a run: funnel, coverage, rejections, trajectories")
    view.add_argument("run_dir", type=Path, metavar="RUN")
    view.add_argument("--out", type=Path, metavar="FILE", help="default: view.html of the run")
    view.add_argument("--rows", type=int, default=300, metavar="N", help="trajectories in the browser (default 300)")
    redact = verbs.add_parser("redact", help="the trajectories of a run without the quotations of one book")
    redact.add_argument("run_dir", type=Path, metavar="RUN")
    redact.add_argument("--book", required=True, metavar="CITATION", help="as card.md cites it")
    redact.add_argument("--out", type=Path, required=True, metavar="DIR")
    corrupt = verbs.add_parser("corrupt", help="a copy of a run with faults on purpose, to learn what quality is worth")
    corrupt.add_argument("run_dir", type=Path, metavar="RUN")
    corrupt.add_argument("--kind", required=True, metavar="KIND", help="which fault; an unknown one lists them")
    corrupt.add_argument("--rate", type=float, required=True, metavar="SHARE", help="share of the rows, 0 to 1")
    corrupt.add_argument("--size", type=int, default=0, metavar="N", help="rows to keep (default: all)")
    corrupt.add_argument("--seed", type=int, default=0)
    corrupt.add_argument("--out", type=Path, required=True, metavar="DIR")
    sheet = verbs.add_parser("contact-sheet", help="one picture of the cases of a run, to look at")
    sheet.add_argument("run_dir", type=Path, metavar="RUN")
    sheet.add_argument("--split", default="", help="only this split")
    echo = verbs.add_parser("echo", help="a stand-in for a model's endpoint, with faults on demand, to try a set-up")
    echo.add_argument("--port", type=int, default=8009)
    echo.add_argument("--fault", action="append", default=[], metavar="KIND=SHARE", help="for example 429=0.1")
    echo.add_argument("--seed", type=int, default=0)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Returns:
        0 fine, 1 findings or a floor missed, 2 usage or configuration, 3 knowledge unavailable or not the pinned one.
    """
    asked = parser().parse_args(argv)
    from kg_service.job import exit_code

    def run() -> int:
        from . import verbs

        code, answer = getattr(verbs, asked.verb.replace("-", "_"))(asked)
        print(json.dumps(answer, ensure_ascii=False, sort_keys=True))
        return code

    return exit_code(run)


if __name__ == "__main__":
    raise SystemExit(main())
