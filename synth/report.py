"""The report of a generation run: funnel, counts by code and disease, coverage, examples, data card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Rejection, Trajectory
from kg_service.job import write_json, write_text

from .settings import SynthConfig

if TYPE_CHECKING:
    from .generate import Tally

EXAMPLES = 2  # of each code


def build(
    config: SynthConfig,
    knowledge: Knowledge,
    cases: Sequence[Case],
    rows: Sequence[Trajectory],
    refused: Sequence[Rejection],
    flags: Counter[str],
    tally: Tally,
) -> dict[str, Any]:
    """Everything the report says, as JSON values. Shares are in [0, 1]."""
    golds = {case.gold for case in cases}
    covered = {row.gold for row in rows}
    near = flags["DUP_NEAR"] / len(rows) if rows else 0.0
    shares = {
        "accepted": len(rows) / tally.wanted if tally.wanted else 0.0,
        "yield": len(rows) / tally.generated if tally.generated else 0.0,
        "diseases": len(covered) / len(golds) if golds else 0.0,
        "near_duplicates": near,
    }
    floors = config.floors
    below = [f"{name} is {shares[name]:.3f}, wanted at least {floor:.3f}"
             for name, floor in (("accepted", floors.accepted), ("diseases", floors.diseases))
             if shares[name] < floor]  # fmt: skip
    if near > floors.near_duplicates:
        below.append(f"near_duplicates is {near:.3f}, wanted at most {floors.near_duplicates:.3f}")
    words = sorted(len(step_text.split()) for row in rows for step_text in [" ".join(s.text for s in row.steps)])
    return {
        "funnel": {
            "wanted": tally.wanted,
            "planned": tally.planned,
            "generated": tally.generated,
            "parsed": tally.parsed,
            "accepted": len(rows),
        },
        "shares": {name: round(value, 4) for name, value in shares.items()},
        "below_floor": below,
        "kinds": dict(sorted(Counter(str(row.kind) for row in rows).items())),
        "replanned": dict(sorted(tally.replanned.items())),
        "unplannable": dict(sorted(tally.unplannable.items())),
        "via": dict(sorted(Counter(d.via for row in rows for d in row.distractors).items())),
        "rejected_by_code": dict(sorted(Counter(one.code for one in refused).items())),
        "flagged_by_code": dict(sorted(flags.items())),
        "accepted_by_disease": dict(sorted(Counter(row.gold for row in rows).items())),
        "rejected_by_disease": dict(sorted(Counter(_gold(one, cases) for one in refused).items())),
        "missing_diseases": sorted(golds - covered),
        "coverage": _coverage(knowledge, covered),
        "words": {"median": words[len(words) // 2], "longest": words[-1]} if words else {},
        "cost": {"tokens": 0, "per_accepted_row": 0.0},
        "examples": _examples(refused),
    }


def _gold(rejection: Rejection, cases: Sequence[Case]) -> str:
    return next((case.gold for case in cases if case.id == rejection.case_id), "")


def _coverage(knowledge: Knowledge, golds: set[str]) -> list[dict[str, int]]:
    """For each level of the hierarchy: concepts of the release, and those on the path of an accepted gold."""
    reached = {concept for gold in golds for concept in (gold, *knowledge.ancestors(gold))}
    everything = Counter(knowledge.level(concept) for concept in knowledge.concepts)
    found = Counter(knowledge.level(concept) for concept in reached)
    return [{"level": level, "concepts": everything[level], "reached": found[level]} for level in sorted(everything)]


def _examples(refused: Sequence[Rejection]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in refused:
        if len(shown := found.setdefault(one.code, [])) < EXAMPLES:
            shown.append(f"{one.case_id} ({one.kind}): {one.detail}")
    return dict(sorted(found.items()))


def write(run_dir: Path, found: dict[str, Any], rows: Sequence[Trajectory]) -> None:
    """Leave report.json, report.md and the data card."""
    write_json(run_dir / "report.json", found)
    write_text(run_dir / "report.md", markdown(found))
    write_text(run_dir / "card.md", card(found, rows))


def markdown(found: dict[str, Any]) -> str:
    """The report for people."""
    funnel = found["funnel"]
    lines = ["# Trajectories", ""]
    lines += [f"**Below the floor:** {reason}" for reason in found["below_floor"]]
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
    if found["missing_diseases"]:
        lines += ["", "Not covered: " + ", ".join(found["missing_diseases"])]
    lines += ["", "## Examples of rejections", ""]
    lines += [f"- `{code}` {text}" for code, texts in found["examples"].items() for text in texts] or ["none"]
    lines += ["", f"Near-duplicates: {found['shares']['near_duplicates']:.1%}. Price per accepted row: 0 (offline)."]
    return "\n".join(lines) + "\n"


def card(found: dict[str, Any], rows: Sequence[Trajectory]) -> str:
    """What a user of the data must know."""
    made = rows[0].provenance if rows else {}
    style = made.get("style", "")
    scope = (
        "Brief texts are compared within one image only: two pictures of one disease with the same signs read alike."
        if style == "brief"
        else "Texts are compared over the whole set."
    )
    return f"""# Data card

{len(rows)} trajectories, style {style}, release {made.get("release") or "draft"} ({made.get("digest", "")}).

- Written by the writer `{made.get("engine", "")}`, version {made.get("model", "")}, from facts of the
  release. The writer knew the diagnosis (`answer_visible`). No person has read them.
- A sign told as seen is annotated on the image, or drawn there; where a dataset annotates nothing, rationales cite
  only what is typical of a disease and the recorded site, age and sex.
- Kinds: {", ".join(f"{kind} {count}" for kind, count in found["kinds"].items())}.
- Near-duplicates (Jaccard of three-word runs at least 0.85): {found["shares"]["near_duplicates"]:.1%}. {scope}
- Images keep the licence of their dataset; it stands in each case.
- Not for clinical use: the hierarchy and profiles are unreviewed unless the release says otherwise.
"""
