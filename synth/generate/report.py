"""The report of a generation run: funnel, counts by code and disease, coverage, examples, price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_json, write_text

from ..settings import Floors

if TYPE_CHECKING:
    from .merge import Joined

_FUNNEL = ("wanted", "planned", "generated", "parsed", "accepted", "quarantined", "waiting", "unpaid")


def build(floors: Floors, knowledge: Knowledge, cases: Sequence[Case], joined: Joined) -> dict[str, Any]:
    """Everything the report says, as JSON values. Shares are in [0, 1].

    Args:
        cases: those to write from.
    """
    tally = joined.tally
    golds, of_rows = {case.gold for case in cases}, Counter(joined.column("gold"))
    near = tally.flags["DUP_NEAR"]
    shares = {
        "accepted": _share(tally.accepted, tally.wanted),
        "yield": _share(tally.accepted, tally.generated),
        "diseases": _share(len(of_rows), len(golds)),
        "near_duplicates": _share(near, tally.accepted + tally.quarantined),
    }
    below = [f"{name} is {shares[name]:.3f}, wanted at least {floor:.3f}"
             for name, floor in (("accepted", floors.accepted), ("diseases", floors.diseases))
             if shares[name] < floor]  # fmt: skip
    if shares["near_duplicates"] > floors.near_duplicates:
        below.append(f"near_duplicates is {shares['near_duplicates']:.3f}, wanted at most {floors.near_duplicates:.3f}")
    words = sorted(joined.column("length"))
    return {
        "funnel": {name: getattr(tally, name) for name in _FUNNEL},
        "shares": {name: round(value, 4) for name, value in shares.items()},
        "below_floor": below,
        "kinds": _counted(joined.column("kind")),
        "engines": _counted(joined.column("engine")),
        "replanned": dict(sorted(tally.replanned.items())),
        "unplannable": dict(sorted(tally.unplannable.items())),
        "via": _counted(via for row in joined.column("via") for via in row.split()),
        "rejected_by_code": dict(sorted(tally.refused.items())),
        "flagged_by_code": dict(sorted(tally.flags.items())),
        "accepted_by_disease": dict(sorted(of_rows.items())),
        "rejected_by_disease": dict(sorted(tally.refused_by_gold.items())),
        "missing_diseases": sorted(golds - of_rows.keys()),
        "coverage": _levels(knowledge, of_rows),
        "branches": _branches(knowledge, of_rows),
        "words": {"median": words[len(words) // 2], "longest": words[-1]} if words else {},
        "cost": {
            "tokens": tally.tokens,
            "total": round(tally.cost, 6),
            "tokens_per_accepted_row": round(_share(tally.tokens, tally.accepted), 1),
            "per_accepted_row": round(_share(tally.cost, tally.accepted), 6),
        },
        "shards": len(joined.parts),
        "examples": dict(sorted(tally.examples.items())),
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _levels(knowledge: Knowledge, golds: Collection[str]) -> list[dict[str, int]]:
    """For each level of the hierarchy: concepts of the release, and those on the path of an accepted gold."""
    reached = {concept for gold in golds for concept in (gold, *knowledge.ancestors(gold))}
    everything = Counter(knowledge.level(concept) for concept in knowledge.concepts)
    found = Counter(knowledge.level(concept) for concept in reached)
    return [{"level": level, "concepts": everything[level], "reached": found[level]} for level in sorted(everything)]


def _branches(knowledge: Knowledge, rows: Counter[str]) -> list[dict[str, Any]]:
    """For each top concept: how many concepts it has, itself included, how many are the gold of a row, and the rows."""
    found: list[dict[str, Any]] = []
    for top in sorted(concept for concept in knowledge.concepts if knowledge.level(concept) == 1):
        branch = {top, *knowledge.descendants(top)}
        golds = [gold for gold in rows if gold in branch]
        reached = sum(rows[gold] for gold in golds)
        found.append({"branch": top, "concepts": len(branch), "golds": len(golds), "rows": reached})
    return found


def write(run_dir: Path, found: dict[str, Any], card: str) -> None:
    """Leave report.json, report.md and the data card."""
    write_json(run_dir / "report.json", found)
    write_text(run_dir / "report.md", markdown(found))
    write_text(run_dir / "card.md", card)


def markdown(found: dict[str, Any]) -> str:
    """The report for people."""
    funnel, cost = found["funnel"], found["cost"]
    lines = ["# Trajectories", ""]
    lines += [f"**Below the floor:** {reason}" for reason in found["below_floor"]]
    if funnel["waiting"]:
        lines += [
            f"**{funnel['waiting']} requests wait in the files of `model/batch/`.** Have them answered, take the "
            "answers in with `python -m synth batch RUN ANSWERS.jsonl`, and run the same command again.",
            "",
        ]
    if funnel["unpaid"]:
        lines += [f"**The budget was spent before {funnel['unpaid']} requests.** The same command with a higher one "
                  "(`model.max_cost`, `model.max_tokens_total`) continues.", ""]  # fmt: skip
    lines += ["| " + " | ".join(funnel) + " |", "|" + "---|" * len(funnel)]
    lines += ["| " + " | ".join(str(value) for value in funnel.values()) + " |", ""]
    for title, key in (
        ("Kinds", "kinds"),
        ("Kinds that stood in for another", "replanned"),
        ("Cases without a plan", "unplannable"),
        ("Distractors came via", "via"),
        ("Rejected, by code", "rejected_by_code"),
        ("Flagged, by code", "flagged_by_code"),
        ("Accepted, by disease", "accepted_by_disease"),
        ("Rejected, by disease", "rejected_by_disease"),
    ):
        lines += [f"## {title}", ""]
        lines += [f"- {name}: {count}" for name, count in found[key].items()] or ["none"]
        lines.append("")
    lines += ["## Coverage of the hierarchy", "", "| level | concepts | on the path of a row |", "|---|---|---|"]
    lines += [f"| {row['level']} | {row['concepts']} | {row['reached']} |" for row in found["coverage"]]
    lines += ["", "| branch | concepts | golds of rows | rows |", "|---|---|---|---|"]
    lines += [f"| {row['branch']} | {row['concepts']} | {row['golds']} | {row['rows']} |" for row in found["branches"]]
    if found["missing_diseases"]:
        lines += ["", "Not covered: " + ", ".join(found["missing_diseases"])]
    lines += ["", "## Examples of rejections", ""]
    lines += [f"- `{code}` {text}" for code, texts in found["examples"].items() for text in texts] or ["none"]
    price = f"{cost['per_accepted_row']:.6f} ({cost['tokens_per_accepted_row']:.0f} tokens)" if cost["tokens"] else "0"
    lines += ["", f"Near-duplicates: {found['shares']['near_duplicates']:.1%}. Price per accepted row: {price}."]
    return "\n".join(lines) + "\n"
