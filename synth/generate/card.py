"""The data card: what somebody must know who trains on the rows of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl

from ..checks.corpus import NEAR
from ..settings import SynthConfig

if TYPE_CHECKING:
    from .merge import Joined


def card(
    config: SynthConfig, knowledge: Knowledge, cases: Sequence[Case], joined: Joined, report: Mapping[str, Any]
) -> str:
    """Markdown.

    Args:
        cases: those of all splits.
    """
    write = config.write
    used = set(joined.column("case"))
    shown = [case for case in cases if case.id in used and case.split in write.splits]
    digest = knowledge.digest
    lines = [
        "# Data card",
        "",
        f"{joined.tally.accepted} trajectories about {len(shown)} images, style {write.style}, release "
        f"{knowledge.release or 'draft'} ({digest}), seed {config.seed}.",
        "",
        f"- Kinds: {_listed(report['kinds'])}.",
        f"- Written by: {_listed(report['engines'])}. {_WRITERS[write.writer]}",
        "- Every row passed the automatic checks of `report.md`. Whether people have read any of them is not recorded "
        "here.",
        "- A sign told as seen is annotated on the image, or drawn there; where a dataset annotates nothing, "
        "rationales cite only what is typical of a disease and the recorded site, age and sex.",
        f"- Splits written from: {', '.join(write.splits)}. Held out, with every image of their patients and lesions: "
        f"{', '.join(write.held_out) or 'none'} ({sum(case.split in write.held_out for case in cases)} images).",
        f"- Near-duplicates (Jaccard of three-word runs at least {NEAR}): {report['shares']['near_duplicates']:.1%} of "
        f"what was written. {_SCOPE[write.style]}",
        f"- Diseases: {len(report['accepted_by_disease'])} golds of {len(knowledge.concepts)} concepts of the release; "
        f"{len(report['missing_diseases'])} golds of the cases have no row.",
        "",
        "## Images",
        "",
        "| source | licence | images |",
        "|---|---|---|",
        *(
            f"| {source} | {licence or 'not stated'} | {count} |"
            for (source, licence), count in sorted(Counter((case.source, case.licence) for case in shown).items())
        ),
        "",
        f"Fitzpatrick skin types: {_listed(_skin(shown))}.",
        "Images are named by their path and keep the licence of their source; none is part of these files.",
        "",
        "## Books",
        "",
        *_books(write.passages, joined),
        "",
        "## Known limits",
        "",
        "- Not for clinical use: hierarchy and profiles are unreviewed unless the release says otherwise.",
        "- A diagnosis is its dataset's label; a wrong label is argued for as carefully as a right one.",
        *(f"- {line}" for line in _limits(report)),
    ]
    return "\n".join(lines) + "\n"


_WRITERS = {
    "offline": "Sentence patterns filled with facts of the release; the writer knew the diagnosis (`answer_visible`).",
    "model": "A language model chose among unlabelled candidates unless `answer_visible` says that it was told.",
}
_SCOPE = {
    "brief": "Brief texts are compared within one image: two pictures of one disease with the same signs read alike.",
    "full": "Texts are compared over the whole set.",
}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _skin(cases: Sequence[Case]) -> dict[str, int]:
    known = Counter(case.fitzpatrick for case in cases if case.fitzpatrick is not None)
    unknown = sum(case.fitzpatrick is None for case in cases)
    return {**{f"type {kind}": known[kind] for kind in sorted(known)}, **({"not recorded": unknown} if unknown else {})}


def _books(path: str, joined: Joined) -> list[str]:
    """Which books are quoted, under which licence, how often and how much."""
    words: Counter[str] = Counter()
    quotes: Counter[str] = Counter()
    for row in joined.column("quoted"):
        for passage, count in (json.loads(row) if row else {}).items():
            words[passage] += count
            quotes[passage] += 1
    if not quotes:
        return ["None is quoted."]
    cited = [passage for passage in read_jsonl(Path(path), Passage) if passage.id in quotes]
    books = sorted({(passage.source, passage.licence) for passage in cited})
    lines = ["| book | licence | passages | quotations | words quoted |", "|---|---|---|---|---|"]
    for source, licence in books:
        own = {passage.id for passage in cited if (passage.source, passage.licence) == (source, licence)}
        lines.append(
            f"| {source} | {licence or 'not stated'} | {len(own)} | {sum(quotes[id_] for id_ in own)} | "
            f"{sum(words[id_] for id_ in own)} |"
        )
    return lines


def _limits(report: Mapping[str, Any]) -> list[str]:
    """What this very run lacks."""
    found = [f"Below the configured floor: {reason}." for reason in report["below_floor"]]
    if report["missing_diseases"]:
        found.append(f"No row for {', '.join(report['missing_diseases'])}.")
    if (open_ := report["funnel"]["waiting"] + report["funnel"]["unpaid"]) > 0:
        found.append(f"{open_} requests are not answered yet; the set is not complete.")
    if report["unplannable"]:
        found.append(f"Not written for want of facts: {_listed(report['unplannable'])}.")
    return found
