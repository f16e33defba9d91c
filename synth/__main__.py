"""`python -m synth`: cases, trajectories, checks. Heavy imports wait until the arguments are understood."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m synth", description="Cases, trajectories and their checks.")
    verbs = top.add_subparsers(dest="verb", required=True)
    for verb, about in (
        ("cases", "draw phantoms or read a dataset -> cases.jsonl"),
        ("generate", "write trajectories for the cases -> trajectories.jsonl, report.md"),
    ):
        command = verbs.add_parser(verb, help=about, description=about)
        command.add_argument("config", type=Path, metavar="CONFIG.toml")
        command.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=VALUE")
        command.add_argument("--run-dir", type=Path, required=True, metavar="DIR")
        command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    check = verbs.add_parser("check", help="check the trajectories of a run, or the checks themselves")
    check.add_argument("run_dir", type=Path, metavar="RUN")
    check.add_argument("--self-test", action="store_true", help="inject every kind of fault and count what is caught")
    sheet = verbs.add_parser("contact-sheet", help="one picture of the cases of a run, to look at")
    sheet.add_argument("run_dir", type=Path, metavar="RUN")
    sheet.add_argument("--split", default="", help="only this split")
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
