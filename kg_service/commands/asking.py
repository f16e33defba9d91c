"""resolve, score, compare: questions to a release."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from ..core.comparison import comparison
from ..core.errors import ConfigInvalid, RecordInvalid
from ..core.knowledge import Knowledge
from ..core.labels import Ambiguous, Resolved
from ..core.reward import SPECS
from ..core.reward import score as score_one
from .sources import asked, lines, text
from .table import aligned

_COLUMNS = ("label", "status", "how", "concepts", "matched", "suggestions")


def resolve(given: argparse.Namespace) -> int:
    knowledge = asked(given)
    labels = _labels(given.file)
    known = {entry.dataset for entry in knowledge.crosswalk}
    if given.dataset and given.dataset.casefold() not in {dataset.casefold() for dataset in known}:
        print(f"no crosswalk for {given.dataset!r}; there are {', '.join(sorted(known))}", file=sys.stderr)
    rows = [(label, *_answer(label, knowledge, given.dataset)) for label in labels]
    if given.aligned:
        print(aligned([_COLUMNS, *rows]))
    else:
        for row in (_COLUMNS, *rows):
            print("\t".join(cell.replace("\t", " ") for cell in row))
    # Several concepts are an answer where a crosswalk gives them on purpose; otherwise a person must decide.
    silent = sum(row[1] not in ("resolved", "not-a-disease") and row[2] != "crosswalk" for row in rows)
    ways = Counter(row[2] or row[1] for row in rows)
    counted = ", ".join(f"{count} {way}" for way, count in ways.most_common())
    print(f"{len(rows) - silent} of {len(rows)} labels answered, {silent} not ({counted})", file=sys.stderr)
    return 1 if silent else 0


def _answer(label: str, knowledge: Knowledge, dataset: str | None) -> tuple[str, str, str, str, str]:
    found = knowledge.resolve(label, dataset=dataset)
    if isinstance(found, Resolved):
        return "resolved", found.how, found.concept, found.matched, ""
    if isinstance(found, Ambiguous):
        return "ambiguous", found.how, " ".join(found.concepts), found.matched, ""
    if found.reason == "not-a-disease":
        return found.reason, found.how or "", "", found.matched, ""
    return (
        found.reason,
        "",
        "",
        "",
        ", ".join(f"{concept} ({near})" for concept, near, _ in knowledge.suggest(label, 3)),
    )


def _labels(path: Path) -> list[str]:
    """One label a line; or JSON: a list of labels, or an object whose `labels` is a list or has labels as keys."""
    if path.suffix != ".json":
        return [line.strip() for line in lines(path)]
    try:
        content = json.loads(text(path))
    except ValueError as error:
        raise ConfigInvalid(f"{path} is not JSON: {error}") from error
    found = content.get("labels") if isinstance(content, dict) else content
    if not isinstance(found, list | dict) or not all(isinstance(label, str) for label in found):
        raise ConfigInvalid(f"{path} holds neither a list of labels nor an object with `labels`")
    return list(found)


def score(given: argparse.Namespace) -> int:
    if given.spec not in SPECS:
        raise ConfigInvalid(f"no reward is called {given.spec!r}; there are {', '.join(SPECS)}")
    knowledge = asked(given)
    for number, line in enumerate(lines(given.file), start=1):
        try:
            row = json.loads(line)
            reply, gold, options = row["reply"], row["gold"], row.get("options")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordInvalid(f"{given.file}, line {number}: not a JSON row with reply and gold ({error})") from error
        earned = asdict(score_one(reply, gold, knowledge, SPECS[given.spec], options=options))
        print(json.dumps({"gold": gold, **earned}))
    return 0


def compare(given: argparse.Namespace) -> int:
    """The compare table of two diseases: each feature, how it stands to either, and whether it tells them apart."""
    knowledge = asked(given)
    found = comparison(knowledge, knowledge.gold(given.a), knowledge.gold(given.b))
    rows = [
        (
            f"{knowledge.feature(row.feature).pref_label}{' *' if row.listed else ''}",
            *(side.polarity if side else "-" for side in (row.here, row.there)),
        )
        for row in (found.rows if given.all else found.listed)
    ]
    names = knowledge.label(found.here), knowledge.label(found.there)
    print(aligned([("feature", *names), *rows]))
    if found.edge is None:
        print(f"{' and '.join(names)} are not listed as differentials; --all shows both profiles", file=sys.stderr)
        return 1
    edge = found.edge
    print(f"{edge.strength.value} differential, {edge.source or edge.review_status}", file=sys.stderr)
    return 0
