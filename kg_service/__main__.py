"""`python -m kg_service <verb>`: the door. What the verbs do stands in `kg_service.commands`.

stdout is for machines, stderr for people. Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 knowledge
unavailable or another digest than asked for. Whatever is heavy is imported by the verb that needs it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Verb = Callable[[str, str, str], argparse.ArgumentParser]
ROLES = ("reader", "editor", "reviewer", "admin")
SCOPES = ("read", "report", "propose", "review", "admin")
DIR = "default: the ontologies of the checkout"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    given = _parser().parse_args(arguments)
    from .job import exit_code

    module, _, function = given.verb.partition(":")
    try:
        return exit_code(lambda: getattr(import_module(f"kg_service.commands.{module}"), function)(given))
    except BrokenPipeError:  # the reader of our stdout has gone; that is its choice
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kg_service", description="The knowledge service of Skin-R1.")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=about, description=about)
        made.set_defaults(verb=run)
        return made

    serve = verb(
        "serve", "serving:serve", "Answer over HTTP. The first start imports the Turtle files and publishes release 1."
    )
    serve.add_argument("--host", default="127.0.0.1", help="default %(default)s; another one needs a token to exist")
    serve.add_argument("--port", type=int, default=8000, help="default %(default)s; 0 takes a free one")
    serve.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes that answer; default %(default)s"
    )
    serve.add_argument("--log-format", choices=("text", "json"), help="default SKIN_R1_LOG_FORMAT or text")
    _data(serve)

    pull = verb("pull", "serving:pull", "Fetch a release from a service, verify it and write it to a file.")
    pull.add_argument("--url", required=True)
    pull.add_argument("--release", default="latest")
    pull.add_argument("--digest", default="", help="what the bytes must have")
    pull.add_argument("--out", type=Path, required=True, metavar="FILE")

    snapshot = verb("export-snapshot", "serving:export_snapshot", "Write a stored release's snapshot bytes to a file.")
    snapshot.add_argument("--release", default="latest")
    snapshot.add_argument("--out", type=Path, required=True, metavar="FILE")
    _data(snapshot)

    _operation_verbs(verb)
    feed = verb(
        "feed",
        "feed:feed",
        "Keep a copy of the statements in the SPARQL 1.1 server that SKIN_R1_SPARQL_UPDATE_URL names.",
    )
    feed.add_argument("--once", action="store_true", help="bring it up to date and end; default: until stopped")
    _data(feed)

    _ontology_verbs(verb)
    _question_verbs(verb)

    _account_verbs(verbs.add_parser("admin", help="Accounts and tokens.").add_subparsers(required=True, metavar="WHAT"))
    return parser


def _account_verbs(verbs: Any) -> None:
    token = verbs.add_parser("token", help="Print a new bearer token. It is shown once and kept as a hash.")
    token.set_defaults(verb="accounts:token")
    token.add_argument("--name", help="the account it belongs to; default: the role's name")
    token.add_argument("--days", type=int, help="how long it is good for; default: until revoked")
    token.add_argument(
        "--scope", action="append", choices=SCOPES, help="what it may do, again for more; default: all of the role"
    )

    invite = verbs.add_parser("invite", help="Print a one-time link with which somebody sets a password.")
    invite.set_defaults(verb="accounts:invite")
    invite.add_argument("--name", required=True, help="the account; one that there is keeps its role")
    for parser in (token, invite):
        parser.add_argument("--role", required=True, choices=ROLES)
        parser.add_argument("--trusted", action="store_true", help="synonyms and typos need no second person")
        _data(parser)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


def _operation_verbs(verb: Verb) -> None:
    _data(verb("migrate", "operation:migrate", "Bring the database's tables to the version of this program."))

    backup = verb(
        "backup", "operation:backup", "Write all data to one file, as it is at one moment; the service runs on."
    )
    backup.add_argument("--out", type=Path, required=True, metavar="FILE")
    _data(backup)

    restore = verb(
        "restore", "operation:restore", "Fill an empty database from a backup: checked, all of it or nothing."
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    _data(restore)

    check = verb("verify", "operation:verify", "Prove that the data is what its log says; findings end with code 1.")
    check.add_argument("--compile", action="store_true", help="compile every release again as well, which takes long")
    _data(check)


def _ontology_verbs(verb: Verb) -> None:
    check = verb(
        "validate", "ontology:validate", "Read, shape-check and compile a folder of Turtle; findings end with code 1."
    )
    check.add_argument("folder", nargs="?", type=Path, metavar="DIR", help=DIR)

    build = verb("compile", "ontology:compile_", "Compile a folder of Turtle into snapshot bytes.")
    build.add_argument("folder", nargs="?", type=Path, metavar="DIR", help=DIR)
    build.add_argument("--out", type=Path, required=True, metavar="FILE")

    layout = verb(
        "format", "ontology:format_", "Lay the Turtle files out the one way, blocks sorted by id, comments kept."
    )
    layout.add_argument("folder", nargs="?", type=Path, metavar="DIR", help=DIR)
    layout.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file would change")

    diff = verb("diff", "ontology:diff", "Say what changed between two ontologies, and what it does to rewards.")
    for side in ("a", "b"):
        diff.add_argument(side, metavar=side.upper(), help="a folder of Turtle, a snapshot file, or a stored release")
    diff.add_argument("--json", action="store_true")
    _data(diff)

    bring = verb("import", "ontology:import_", "Show what a file of concepts would change; --write does it.")
    bring.add_argument(
        "file", type=Path, metavar="FILE", help="XLSX, CSV, SKOS Turtle, OBO, or the published JSON layout"
    )
    bring.add_argument("--into", dest="folder", type=Path, metavar="DIR", help=DIR)
    bring.add_argument(
        "--format", choices=("xlsx", "csv", "turtle", "obo", "published"), help="default: by the file's name"
    )
    bring.add_argument("--edit", action="store_true", help="rows with our ids say what should hold, not what to add")
    bring.add_argument("--under", default="", metavar="ID", help="the concept to file new rows without a parent under")
    bring.add_argument("--source", default="", metavar="TEXT", help="where the facts come from, said in new blocks")
    bring.add_argument("--write", action="store_true")

    export = verb("export", "ontology:export", "Write a release in a format of others.")
    export.add_argument(
        "--format", required=True, metavar="F", help="xlsx, csv, turtle, json-ld, obo, published, graphml or node-link"
    )
    export.add_argument("--under", default="", metavar="ID", help="only the branch of this concept")
    export.add_argument("--out", type=Path, metavar="FILE", help="default: stdout")
    _knowledge(export)

    stats = verb("stats", "ontology:stats", "Count what a release holds: by branch, unreviewed, isolated.")
    _knowledge(stats)


def _question_verbs(verb: Verb) -> None:
    resolve = verb(
        "resolve",
        "asking:resolve",
        "Say what each label of a file names and how that was found; one that names nothing ends with 1.",
    )
    resolve.add_argument("file", type=Path, metavar="FILE", help="one label a line, or JSON with labels; - reads stdin")
    resolve.add_argument("--dataset", help="whose crosswalk to ask first")
    resolve.add_argument("--aligned", action="store_true", help="columns padded for reading; default: tabs")
    _knowledge(resolve)

    score = verb(
        "score", "asking:score", "Score a JSONL file of {reply, gold, options?} rows; one JSON row each on stdout."
    )
    score.add_argument("file", type=Path, metavar="FILE", help="- reads stdin")
    score.add_argument("--spec", default="paper")
    _knowledge(score)

    compare = verb("compare", "asking:compare", "The table of signs that tell two diseases apart.")
    compare.add_argument("a", metavar="A", help="id or name")
    compare.add_argument("b", metavar="B", help="id or name")
    compare.add_argument("--all", action="store_true", help="every sign of both, not only those of the differential")
    _knowledge(compare)


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


if __name__ == "__main__":
    sys.exit(main())
