"""Whether everything acknowledged is there, once and whole: with SQL and arithmetic of its own.

`kg_service.editorial.verify` is asked as well; what it shares with the service it could also share its defects with.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from .ledger import Decided, Edit, Ledger, Proposed, Published, Remark

_CHANGE = ("seq", "at", "author", "message", "proposal", "added", "removed", "previous")


@dataclass(frozen=True)
class Stored:
    """All that lies in the database, read at one moment. Rows are mappings."""

    changes: list[Mapping]
    quads: set[str]
    entities: dict[str, int]
    touches: list[tuple[int, str]]
    proposals: dict[int, Mapping]
    reviews: dict[int, Mapping]
    comments: list[Mapping]
    releases: dict[str, Mapping]


def read(connection: Connection) -> Stored | None:
    """None where no first start has come to its end yet."""

    def rows(query: str) -> list[Mapping]:
        return [row._mapping for row in connection.execute(text(query))]

    if not inspect(connection).has_table("change") or not (changes := rows("SELECT * FROM change ORDER BY seq")):
        return None
    return Stored(
        changes,
        {
            "{subject} {predicate} {object} .".format(**row)
            for row in rows("SELECT subject, predicate, object FROM quad")
        },
        {row["iri"]: row["seq"] for row in rows("SELECT iri, seq FROM entity")},
        [(row["seq"], row["iri"]) for row in rows("SELECT seq, iri FROM touch")],
        {row["number"]: row for row in rows("SELECT * FROM proposal")},
        {row["proposal"]: row for row in rows("SELECT * FROM review")},
        rows("SELECT proposal, text FROM comment"),
        {row["id"]: row for row in rows("SELECT * FROM release ORDER BY number")},
    )


def contradictions(stored: Stored) -> Iterator[str]:
    """What is torn: one sentence each."""
    yield from _log(stored)
    yield from _proposals(stored)


def _log(stored: Stored) -> Iterator[str]:
    """The chain of hashes, and the replay of the log against statements, index and releases."""
    previous, held, last = "", set(), {}
    published: dict[int, list[Mapping]] = {}
    for release in stored.releases.values():
        published.setdefault(release["seq"], []).append(release)
    touches = Counter(stored.touches)
    for expected, change in enumerate(stored.changes, 1):
        row = {name: change[name] for name in _CHANGE}
        hash_ = hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        if (change["seq"], change["previous"], change["hash"]) != (expected, previous, hash_):
            yield f"change {change['seq']} breaks the chain"
        previous = change["hash"]
        added, removed = _lines(change["added"]), _lines(change["removed"])
        if not removed <= held or added & held:
            yield f"change {expected} removes what is not there, or adds what is"
        held = (held - removed) | added
        for iri in {line[1 : line.index(">")] for line in added | removed}:
            last[iri] = expected
            if touches[expected, iri] != 1:
                yield f"the index does not know once that change {expected} touched {iri}"
        for release in published.pop(expected, ()):
            if release["nquads"] != "".join(line + "\n" for line in sorted(held)).encode():
                yield f"release {release['id']} is not what the log says"
            if release["digest"] != "sha256:" + hashlib.sha256(release["snapshot"]).hexdigest():
                yield f"release {release['id']} has another digest"
    if published:
        yield f"releases of changes that are not there: {sorted(published)}"
    if held != stored.quads:
        yield f"{len(held ^ stored.quads)} statements are not what the log says"
    if last != stored.entities:
        yield "the last changes of nodes are not what the log says"


def _proposals(stored: Stored) -> Iterator[str]:
    """Every proposal is wholly in review, wholly accepted or wholly declined."""
    made = {change["proposal"]: change["seq"] for change in stored.changes if change["proposal"] is not None}
    if len(made) < sum(change["proposal"] is not None for change in stored.changes):
        yield "a proposal became two changes"
    for number, proposal in stored.proposals.items():
        verdict = stored.reviews[number]["verdict"] if number in stored.reviews else None
        state = proposal["state"], verdict, proposal["change"], made.pop(number, None)
        seq = proposal["change"]
        if state not in (
            ("in-review", None, None, None),
            ("declined", "decline", None, None),
            ("accepted", "accept", seq, seq),
            ("accepted", None, seq, seq) if proposal["light"] else None,
        ) or (proposal["state"] == "accepted" and seq is None):
            yield f"proposal {number} is torn: {state}"
    if made:
        yield f"changes of proposals that are not there: {made}"
    if orphans := stored.reviews.keys() - stored.proposals.keys():
        yield f"reviews of proposals that are not there: {sorted(orphans)}"


def lost(stored: Stored | None, ledger: Ledger) -> Iterator[str]:
    """What was acknowledged and is not there, or is there twice: one sentence each."""
    if stored is None:
        yield from (f"{each} is lost with everything" for each in ledger.acknowledged)
        return
    times = Counter(change["message"] for change in stored.changes)
    gone_at = {line: change["seq"] for change in stored.changes for line in _lines(change["removed"])}
    for edit in ledger.all(Edit):
        change = stored.changes[edit.seq - 1] if edit.seq <= len(stored.changes) else None
        if change is None or change["message"] != edit.message or edit.says not in change["added"] + change["removed"]:
            yield f"{edit} is lost"
        elif times[edit.message] != 1:
            yield f"{edit} is in the log {times[edit.message]} times"
        elif gone := [line for line in _lines(change["added"]) - stored.quads if gone_at.get(line, 0) <= edit.seq]:
            yield f"{edit} holds no longer, and no later change says so: {gone[0]}"
    for proposed in ledger.all(Proposed):
        row = stored.proposals.get(proposed.number)
        if row is None or row["message"] != proposed.message:
            yield f"{proposed} is lost"
    for decided in ledger.all(Decided):
        row = stored.proposals.get(decided.number)
        if row is None or (row["state"], row["change"]) != (decided.state, decided.change):
            yield f"{decided} is lost"
    remarks = Counter((row["proposal"], row["text"]) for row in stored.comments)
    for remark in ledger.all(Remark):
        if remarks[remark.number, remark.text] != 1:
            yield f"{remark} is there {remarks[remark.number, remark.text]} times"
    for release in ledger.all(Published):
        row = stored.releases.get(release.id)
        if row is None or (row["seq"], row["digest"]) != (release.seq, release.digest):
            yield f"{release} is lost"


def _lines(lines: str) -> set[str]:
    return set(lines.split("\n")) - {""}
