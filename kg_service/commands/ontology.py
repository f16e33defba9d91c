"""validate, compile, format, diff, import, export, stats: work on the folder of Turtle."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict, astuple
from pathlib import Path

from ..core.coverage import Coverage, coverage
from ..core.errors import ConfigInvalid, KnowledgeInvalid, TurtleBroken
from ..job import write_bytes
from .sources import asked, folder, named
from .table import aligned


def validate(given: argparse.Namespace) -> int:
    from ..store.compile import compile_folder

    where = folder(given)
    try:
        made = compile_folder(where)
    except TurtleBroken:
        raise  # names its lines already
    except KnowledgeInvalid as error:
        raise _located(error, where) from error
    print(json.dumps({"digest": made.digest, "concepts": made.concepts}))
    return 0


def _located(error: KnowledgeInvalid, where: Path) -> KnowledgeInvalid:
    """The same findings, each with the file and line of the first block it names."""
    from ..store.folder import places
    from ..store.vocabulary import shortened

    known = {}
    for iri, place in places(where).items():
        known[shortened(iri)] = known[shortened(iri).partition(":")[2] or iri] = place
    findings = []
    for finding in error.findings:
        ids = re.findall(r"[\w:.%-]*[\w%]", finding)
        # A finding of the shapes begins with the name it is about; one of the core may quote a label first.
        place = next((known[id_] for id_ in ids if ":" in id_ and id_ in known), None)
        place = place or next((known[id_] for id_ in sorted(ids, key=len, reverse=True) if id_ in known), None)
        findings.append(f"{place}: {finding}" if place else finding)
    return type(error)(str(error).partition("\n")[0], tuple(findings))


def compile_(given: argparse.Namespace) -> int:
    from ..store.compile import compile_folder

    made = compile_folder(folder(given))
    write_bytes(given.out, made.snapshot)
    print(json.dumps({"digest": made.digest, "path": str(given.out)}))
    return 0


def format_(given: argparse.Namespace) -> int:
    from ..store.folder import rewritten

    return _write(rewritten(folder(given)), dry_run=given.check)


def _write(changed: dict[Path, str], *, dry_run: bool) -> int:
    for path, text in sorted(changed.items()):
        print(path)
        if dry_run:
            continue
        if text:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, text.encode())
        else:
            path.unlink(missing_ok=True)
    verb = "would be" if dry_run else "was"
    print(f"{len(changed)} files: each {verb} rewritten" if changed else "nothing to change", file=sys.stderr)
    return 1 if changed and dry_run else 0


def diff(given: argparse.Namespace) -> int:
    from ..core.effect import difference

    old, new = named(given.a, given), named(given.b, given)
    found = difference(old, new)
    if given.json:
        print(json.dumps({"from": old.digest, "to": new.digest, **asdict(found)}, indent=2))
        return 0
    print("\n".join(found.changes or ["no change"]))
    print("\nEffect on rewards (PAPER)")
    print("\n".join(found.rewards or ["none"]))
    asked_pairs = f"{found.pairs} of {len(new.concepts) ** 2} (answer, gold) pairs"
    print(f"{len(found.changes)} changes; {asked_pairs} earn differently", file=sys.stderr)
    return 0


def import_(given: argparse.Namespace) -> int:
    from ..core.change import Content, apply_all
    from ..exchange.editing import edit
    from ..exchange.formats import EDITORS, READERS, format_of
    from ..exchange.incoming import plan
    from ..store.compile import compile_graph
    from ..store.folder import rewritten
    from ..store.merge import merged
    from ..store.turtle import read_files, read_folder, shape_files
    from .sources import compiled

    where = folder(given)
    name = given.format or format_of(given.file)
    if given.edit and name not in EDITORS:
        raise ConfigInvalid(f"{name} cannot be read as an edit; {', '.join(EDITORS)} can")
    knowledge = compiled(where)
    rows = EDITORS[name](given.file) if given.edit else READERS[name](given.file)
    if isinstance(rows, tuple):
        found = plan(rows, knowledge, source=given.source, under=given.under)
    else:
        found = edit(rows, knowledge, source=given.source, under=given.under)
    for sentence in found.sentences():
        print(sentence)
    for finding in found.findings:
        print(f"! {finding}", file=sys.stderr)
    print(
        f"{len(rows)} rows: {len(found.changes)} changes, {found.unchanged} say nothing new, "
        f"{len(found.findings)} findings",
        file=sys.stderr,
    )
    if not given.write:
        if found.changes:
            print("This was a dry run; --write puts the changes into the files.", file=sys.stderr)
        return 1 if found.findings else 0
    graph = merged(read_folder(where), apply_all(found.changes, Content.of(knowledge)))
    compile_graph(graph, read_files(shape_files(where), blank_nodes=True))  # refused before a byte is written
    _write(rewritten(where, graph), dry_run=False)
    return 1 if found.findings else 0


def export(given: argparse.Namespace) -> int:
    from ..exchange.formats import written

    payload = written(given.format, asked(given), given.under)
    if given.out is None:
        sys.stdout.buffer.write(payload)
        return 0
    write_bytes(given.out, payload)
    print(json.dumps({"format": given.format, "path": str(given.out), "bytes": len(payload)}))
    return 0


def stats(given: argparse.Namespace) -> int:
    found = coverage(asked(given))
    print(_told(found), file=sys.stderr)
    print(json.dumps(asdict(found), indent=2))
    return 0


def _told(found: Coverage) -> str:
    def counts(of: dict[str, int]) -> str:
        return ", ".join(f"{count} {name}" for name, count in of.items()) or "none"

    branches = [("branch", "concepts", "leaves", "labels", "with features", "in differentials", "levels")]
    rows = [astuple(branch) for branch in found.branches]
    return "\n".join(
        [
            f"release {found.release or '(not published)'} {found.digest}",
            f"{found.concepts} concepts, {found.leaves} of them leaves, {found.deepest_level} levels, "
            f"{found.several_parents} with several parents",
            f"conditions: {counts(found.conditions)}",
            f"{found.labels} labels; crosswalks: {counts(found.crosswalk)}",
            f"{found.features} features ({counts(found.feature_kinds)}), {len(found.unused_features)} unused",
            f"{found.with_own_profile} concepts state features of their own",
            f"{found.differentials} differentials ({counts(found.strengths)})",
            f"matches: {counts(found.matches)}",
            f"{found.unreviewed:.1%} of concepts, features and differentials unreviewed",
            "",
            aligned([*branches, *rows]),
            "",
            f"{len(found.isolated)} leaves in no differential: {', '.join(found.isolated) or 'none'}",
        ]
    )
