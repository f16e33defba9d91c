"""`python -m kg_service <verb>`: serve, validate, compile, pull, resolve, score, stats, admin.

stdout is for machines, stderr for people. Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 knowledge
unavailable or another digest than asked for. Whatever is heavy is imported by the verb that needs it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .core.errors import UnknownRelease

if TYPE_CHECKING:
    from .core.knowledge import Knowledge
    from .settings import Settings

ROLES = ("reader", "editor", "reviewer", "admin")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    given = _parser().parse_args(arguments)
    verb: Callable[[argparse.Namespace], int] = given.verb
    from .job import exit_code

    try:
        return exit_code(lambda: verb(given))
    except BrokenPipeError:  # the reader of our stdout has gone; that is its choice
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kg_service", description="The knowledge service of Skin-R1.")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=about, description=about)
        made.set_defaults(verb=run)
        return made

    serve = verb("serve", _serve, "Answer over HTTP. The first start imports the Turtle files and publishes release 1.")
    serve.add_argument("--host", default="127.0.0.1", help="default %(default)s; another one needs a token to exist")
    serve.add_argument("--port", type=int, default=8000, help="default %(default)s; 0 takes a free one")
    _data(serve)

    check = verb("validate", _validate, "Read, shape-check and compile a folder of Turtle; findings end with code 1.")
    check.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="default: the ontologies of the checkout")

    build = verb("compile", _compile, "Compile a folder of Turtle into snapshot bytes.")
    build.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="default: the ontologies of the checkout")
    build.add_argument("--out", type=Path, required=True, metavar="FILE")

    pull = verb("pull", _pull, "Fetch a release from a service, verify it and write it to a file.")
    pull.add_argument("--url", required=True)
    pull.add_argument("--release", default="latest")
    pull.add_argument("--digest", default="", help="what the bytes must have")
    pull.add_argument("--out", type=Path, required=True, metavar="FILE")

    export = verb("export-snapshot", _export, "Write a stored release's snapshot bytes to a file.")
    export.add_argument("--release", default="latest")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    _data(export)

    resolve = verb(
        "resolve", _resolve, "Say what each line of a file of labels names; one that names nothing ends with 1."
    )
    resolve.add_argument("file", type=Path, metavar="FILE", help="one label per line; - reads stdin")
    resolve.add_argument("--dataset", help="whose crosswalk to ask first")
    _knowledge(resolve)

    score = verb("score", _score, "Score a JSONL file of {reply, gold, options?} rows; one JSON row each on stdout.")
    score.add_argument("file", type=Path, metavar="FILE", help="- reads stdin")
    score.add_argument("--spec", default="paper")
    _knowledge(score)

    stats = verb("stats", _stats, "Count what a release holds.")
    _knowledge(stats)

    admin = verbs.add_parser("admin", help="Accounts and tokens.").add_subparsers(required=True, metavar="WHAT")
    token = admin.add_parser("token", help="Print a new bearer token. It is shown once and kept as a hash.")
    token.set_defaults(verb=_token)
    token.add_argument("--role", required=True, choices=ROLES)
    token.add_argument("--name", help="the account it belongs to; default: the role's name")
    token.add_argument("--days", type=int, help="how long it is good for; default: until revoked")
    _data(token)
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of the database, default SKIN_R1_DATA or data/"
    )
    parser.add_argument("--ontologies", type=Path, metavar="DIR", help="Turtle files of the first import")


def _knowledge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--path", default="", metavar="FILE", help="a snapshot file")
    parser.add_argument("--url", default="", help="a running service; without both, the checkout's Turtle is compiled")
    parser.add_argument("--release", default="latest")
    parser.add_argument("--digest", default="", help="what the snapshot must have")


# -- verbs -------------------------------------------------------------------------------------------------------


def _settings(given: argparse.Namespace) -> Settings:
    from .settings import read_settings

    return read_settings(os.environ, data=getattr(given, "data", None), ontologies=getattr(given, "ontologies", None))


def _serve(given: argparse.Namespace) -> int:
    from .api.serve import serve

    return serve(_settings(given), given.host, given.port)


def _folder(given: argparse.Namespace) -> Path:
    return given.folder or _settings(given).ontology_folder()


def _validate(given: argparse.Namespace) -> int:
    from .store.compile import compile_folder

    compiled = compile_folder(_folder(given))
    print(json.dumps({"digest": compiled.digest, "concepts": compiled.concepts}))
    return 0


def _compile(given: argparse.Namespace) -> int:
    from .job import write_bytes
    from .store.compile import compile_folder

    compiled = compile_folder(_folder(given))
    write_bytes(given.out, compiled.snapshot)
    print(json.dumps({"digest": compiled.digest, "path": str(given.out)}))
    return 0


def _pull(given: argparse.Namespace) -> int:
    from .client import pull
    from .core.release import digest_of
    from .job import write_bytes

    payload = pull(given.url, given.release, given.digest)
    write_bytes(given.out, payload)
    print(json.dumps({"digest": digest_of(payload), "path": str(given.out)}))
    return 0


def _export(given: argparse.Namespace) -> int:
    from .editorial import repository
    from .editorial.database import Database
    from .job import write_bytes

    database = Database(_settings(given).url)
    with database.reading() as session:
        if not repository.has_tables(session):
            raise UnknownRelease("the database holds no release yet; the first `serve` makes one")
        row, payload = repository.release(session, given.release), repository.snapshot(session, given.release)
    write_bytes(given.out, payload)
    print(json.dumps({"release": row.id, "digest": row.digest, "path": str(given.out)}))
    return 0


def _token(given: argparse.Namespace) -> int:
    from datetime import UTC, datetime, timedelta

    from .editorial.database import Database
    from .editorial.tokens import issue_token

    lifetime = timedelta(days=given.days) if given.days else None
    database = Database(_settings(given).url)
    print(issue_token(database, given.role, name=given.name or given.role, now=datetime.now(UTC), lifetime=lifetime))
    print("Keep it now: it is stored as a hash and cannot be shown again.", file=sys.stderr)
    return 0


def _load(given: argparse.Namespace) -> Knowledge:
    from .client import KnowledgeSource, load

    if given.path or given.url:
        return load(KnowledgeSource(url=given.url, path=given.path, release=given.release, digest=given.digest))
    from .core.release import load_snapshot
    from .store.compile import compile_folder

    return load_snapshot(compile_folder(_settings(given).ontology_folder()).snapshot, expect=given.digest or None)


def _lines(path: Path) -> list[str]:
    from .core.errors import ConfigInvalid

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
    return [line for line in text.split("\n") if line.strip()]


def _resolve(given: argparse.Namespace) -> int:
    from .core.labels import Ambiguous, Resolved

    knowledge = _load(given)
    labels = [line.strip() for line in _lines(given.file)]
    answered = silent = 0
    print("label\tstatus\thow\tconcepts\tsuggestions")
    for label in labels:
        found = knowledge.resolve(label, dataset=given.dataset)
        if isinstance(found, Resolved):
            row = ("resolved", found.how, found.concept, "")
        elif isinstance(found, Ambiguous):
            row = ("ambiguous", found.how, " ".join(found.concepts), "")
        else:
            near = "" if found.reason == "not-a-disease" else " ".join(s[0] for s in knowledge.suggest(label, 3))
            row = (found.reason, found.how or "", "", near)
        answered += row[0] in ("resolved", "not-a-disease") or row[1] == "crosswalk"
        silent += row[0] not in ("resolved", "not-a-disease") and row[1] != "crosswalk"
        print("\t".join((label.replace("\t", " "), *row)))
    print(f"{answered} of {len(labels)} labels answered, {silent} not", file=sys.stderr)
    return 1 if silent else 0


def _score(given: argparse.Namespace) -> int:
    from dataclasses import asdict

    from .core.errors import ConfigInvalid, RecordInvalid
    from .core.reward import SPECS, score

    if given.spec not in SPECS:
        raise ConfigInvalid(f"no reward is called {given.spec!r}; there are {', '.join(SPECS)}")
    knowledge = _load(given)
    for number, line in enumerate(_lines(given.file), start=1):
        try:
            row = json.loads(line)
            reply, gold, options = row["reply"], row["gold"], row.get("options")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordInvalid(f"{given.file}, line {number}: not a JSON row with reply and gold ({error})") from error
        earned = asdict(score(reply, gold, knowledge, SPECS[given.spec], options=options))
        print(json.dumps({"gold": gold, **earned}))
    return 0


def _stats(given: argparse.Namespace) -> int:
    know = _load(given)
    datasets = sorted({entry.dataset for entry in know.crosswalk})
    counts = {
        "release": know.release,
        "digest": know.digest,
        "concepts": len(know.concepts),
        "leaves": sum(know.taxonomy.is_leaf(id_) for id_ in know.concepts),
        "deepest_level": max(map(know.level, know.concepts), default=0),
        "labels": sum(1 + len(c.alt_labels) + len(c.hidden_labels) for c in know.concepts.values()),
        "features": len(know.features),
        "differentials": len(know.differentials),
        "crosswalk": {d: sum(entry.dataset == d for entry in know.crosswalk) for d in datasets},
    }
    print(json.dumps(counts, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
