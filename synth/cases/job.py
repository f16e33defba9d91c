"""The job `cases`: phantoms or datasets -> `cases.jsonl`. No case is written before every label and image is proved."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from kg_service.client.reporting import Unmapped, report_unmapped
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_bytes, write_json, write_jsonl, write_manifest

from ..settings import SynthConfig
from .drawing import draw
from .gather import Gathered, Twins, gather
from .phantoms import Plate, plates
from .sources.meaning import Unknown
from .sources.settings import Source, chosen

_SHOWN = 20  # conflicts of labels in the report; `alike.jsonl` has all
_DRAWN = 250  # phantoms in a second, roughly


def make(config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> dict[str, object]:
    """Write `cases.jsonl`, `cases-report.json`, `alike.jsonl` (and `images/` for phantoms) and return the counts.

    Raises:
        ConfigInvalid: labels shall be reported, and no service is named.
        As `gather`: labels that name no single concept, images that cannot be read, files that are not the dataset's.
    """
    sources = chosen(config.source, config.sources)
    reporting = any(source.report for source in sources)
    if reporting and not config.knowledge.url:
        raise ConfigInvalid("source.report needs knowledge.url: it says which service is told")
    if sources[0].name == "phantom":
        every = list(plates(config.phantom, knowledge, config.seed))
        found = Gathered([plate.case for plate in every], [], [], Counter(), Counter())
        paint(every, config.phantom.size, run_dir)
    else:
        found = gather(config, knowledge, run_dir)
        write_jsonl(run_dir / "alike.jsonl", found.twins)
    write_jsonl(run_dir / "cases.jsonl", found.cases)
    counts = summary(found)
    write_json(run_dir / "cases-report.json", counts)
    write_manifest(
        run_dir, job="synth cases", config=config, release=knowledge.release, digest=knowledge.digest,
        extra={"counts": counts},
    )  # fmt: skip
    if reporting:
        report(found.unknown, config.knowledge.url)
    return counts


def summary(found: Gathered) -> dict[str, object]:
    """The numbers of `cases-report.json`."""
    cases = found.cases
    return {
        "cases": len(cases),
        "sources": _counted(case.source for case in cases),
        "splits": _counted(case.split for case in cases),
        "golds": _counted(case.gold for case in cases),
        "groups": len({case.group for case in cases}),
        "findings": sum(len(case.findings) for case in cases),
        "skipped": dict(sorted(found.skipped.items())),
        "unresolved": {f"{one.dataset}: {one.label}": len(one.rows) for one in found.unknown},
        "signs_left_out": dict(sorted(found.signs_left_out.items())),
        "alike": _alike(found.twins, cases),
    }


def _alike(twins: Sequence[Twins], cases: Sequence[Case]) -> dict[str, object]:
    conflicts = [pair for pair in twins if pair.conflict]
    units = Counter(case.twin for case in cases if case.twin)
    return {
        "pairs": len(twins),
        "identical": sum(pair.identical for pair in twins),
        "turned": sum(pair.turned for pair in twins),
        "across_sources": sum(pair.sources[0] != pair.sources[1] for pair in twins),
        "across_own_splits": sum(all(pair.own_splits) and len(set(pair.own_splits)) > 1 for pair in twins),
        "conflicts": len(conflicts),
        "first_conflicts": [[pair.a, pair.b, *pair.labels] for pair in conflicts[:_SHOWN]],
        "units_of_several_groups": len(units),
        "largest_unit": max(units.values(), default=0),
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def report(unknown: Iterable[Unknown], url: str) -> int:
    """Offer labels to the inbox of a service, with the token in SKIN_R1_TOKEN; how many it keeps.

    Raises:
        KnowledgeUnavailable, Unauthenticated, Forbidden: see `report_unmapped`.
    """
    items = [Unmapped(one.dataset, one.label, len(one.rows), one.reason) for one in unknown]
    return report_unmapped(url, os.environ.get("SKIN_R1_TOKEN", ""), "synth cases", items)


def paint(every: list[Plate], size: int, run_dir: Path) -> None:
    """Draw every phantom whose file is not there yet. A killed run continues where it stopped."""
    folder = run_dir / "images"
    folder.mkdir(parents=True, exist_ok=True)
    # An image belongs to its cues, seed and size: a run directory of another configuration is drawn anew.
    mark = folder / ".drawn"
    wanted = f"{size}\n" + "".join(f"{plate.case.id} {plate.seed} {','.join(plate.cues)}\n" for plate in every)
    fresh = not mark.is_file() or mark.read_text() != wanted
    if fresh:
        for old in folder.glob("*.png"):
            old.unlink()
        write_bytes(mark, wanted.encode())
    for plate in tqdm(every, desc="drawing", file=sys.stderr, disable=None):
        path = run_dir / plate.case.image
        if path.is_file():
            continue
        buffer = io.BytesIO()
        draw(plate.cues, plate.seed, size).save(buffer, "PNG", compress_level=1)
        # Whole or absent, without a flush to disk for each of thousands of small files.
        draft = path.with_suffix(".part")
        draft.write_bytes(buffer.getvalue())
        draft.replace(path)


def expected(config: SynthConfig) -> Iterator[str]:
    """What `--dry-run` says about this job."""
    sources = chosen(config.source, config.sources)
    if sources[0].name == "phantom":
        diseases = len(config.phantom.diseases)
        for split, count in sorted(config.phantom.counts.items()):
            yield f"{split}: {count * diseases} drawn images ({count} of each of {diseases} diseases)"
        total = diseases * sum(config.phantom.counts.values())
        yield f"{total} images of {config.phantom.size} px, about {total / _DRAWN:.0f} s"
        return
    for source in sources:
        yield f"read {source.called} ({source.name}) from {source.folder}: resolve every label, decode every image"
        yield f"splits of {source.called}: {_splits(source)}"
    if config.alike.search:
        yield "find near-duplicates over all of them; alike images share a split"


def _splits(source: Source) -> str:
    if source.splits == "own":
        return ", ".join(f"{theirs} becomes {ours}" for theirs, ours in source.own.items())
    return ", ".join(f"{name} {share:.0%}" for name, share in sorted(source.shares.items())) + " of the groups"
