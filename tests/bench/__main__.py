"""`make bench`: how fast, always beside a baseline measured in the same run. Never a test: clocks prove nothing in CI.

Sizes are numbers of concepts of a made-up hierarchy; the goals are those of the design (knowledge.md). The rows that
begin with "x" are ratios: how many times longer plain rdflib, or networkx, takes for the same question.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from kg_service.settings import Settings

from ..live import ROOT
from ..synthetic import stored, synthetic
from . import core, peers, service, synthesis
from .clock import Table, best

_SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=_SIZES, metavar="N")
    parser.add_argument("--rows", type=int, default=20_000, metavar="N", help="of synthesis; 0 leaves it out")
    given = parser.parse_args()
    sizes = given.sizes
    table = Table()
    for size in sizes:
        print(f"{size:,} concepts …", file=sys.stderr, flush=True)
        one_size(size, table)
    if sizes:
        print("\n".join(table.lines(sizes)), flush=True)
        shipped()
    help_answers()
    if given.rows:
        synthesis.rows_a_second(given.rows)


def one_size(size: int, table: Table) -> None:
    content = synthetic(size)
    knowledge, pair = core.measure(content, table)
    with tempfile.TemporaryDirectory() as folder:
        settings = stored(Path(folder), content, now=datetime.now(UTC))
        ours = service.measure(settings, content, table)
    walked = peers.networkx_seconds(knowledge)
    table.put("x networkx, score in process", size, f"{walked / pair:,.0f}")
    theirs = peers.rdflib_seconds(content)
    for what in ("get", "search", "resolve", "score", "edit"):
        table.put(f"x rdflib and SPARQL in process, {what}", size, f"{theirs[what] / ours[what]:,.1f}")


def shipped() -> None:
    """The knowledge of this repository: from Turtle to the first answer, and again."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), ontologies=ROOT / "ontologies")
        for what in ("first start: import, SHACL over everything, release 1", "start again"):
            with service.running(settings) as (_base, _server, boot):
                print(f"shipped ontologies, {what}: {boot:.2f} s", flush=True)


def help_answers() -> None:
    """How long `--help` of each room takes; the goal is 0.3 s."""
    for room in ("kg_service", "synth", "training", "eval"):
        command = [sys.executable, "-m", room, "--help"]
        taken = best(lambda command=command: subprocess.run(command, cwd=ROOT, capture_output=True, check=True))
        print(f"python -m {room} --help: {taken:.2f} s", flush=True)


if __name__ == "__main__":
    main()
