"""`make torture`: many rounds of kill -9 on each database. Ends with 1 where an acknowledged edit was lost or torn."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..postgres import fresh_database, migrated, postgres_server
from ..services import Place
from .rounds import torture

KINDS = ("sqlite", "postgresql")


@contextmanager
def _place(kind: str) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="skin-r1-torture-") as folder:
        if kind == "sqlite":
            yield Place(Path(folder))
            return
        with postgres_server() as server, fresh_database(server) as url:
            migrated(url)
            yield Place(Path(folder), url)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="on each database, default %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=KINDS, action="append", help="default: both")
    given = parser.parse_args()
    wrong = 0
    for kind in given.database or KINDS:
        began = time.monotonic()
        with _place(kind) as place:
            tally = torture(
                place, given.rounds, seed=given.seed, tell=lambda line, kind=kind: print(kind, line, flush=True)
            )
        for finding in tally.wrong:
            print(f"{kind} WRONG: {finding}", flush=True)
        print(f"{kind}: {tally.sentence()}; {time.monotonic() - began:.0f} s", flush=True)
        wrong += len(tally.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
