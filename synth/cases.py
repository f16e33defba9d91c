"""The job `cases`: a source -> `cases.jsonl`. Nothing is written before every label and image has been proved."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from kg_service.core.case import Case
from kg_service.core.errors import GoldUnresolved, ImageUnreadable, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_bytes, write_json, write_jsonl, write_manifest

from .drawing import draw
from .phantoms import Plate, plates
from .settings import SynthConfig
from .sources import READERS, Row
from .splits import assign


def make(config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> dict[str, object]:
    """Write `cases.jsonl` (and `images/` for phantoms) and return the counts.

    Raises:
        GoldUnresolved: labels that name no single concept, all of them at once.
        ImageUnreadable: a missing or broken image, unless the configuration says to skip those.
    """
    skipped: Counter[str] = Counter()
    if config.source.name == "phantom":
        every = list(plates(config.phantom, knowledge, config.seed))
        cases = [plate.case for plate in every]
        _unique(cases)
        paint(every, config.phantom.size, run_dir)
    else:
        cases, skipped = read(config, knowledge)
        _unique(cases)
    write_jsonl(run_dir / "cases.jsonl", cases)
    counts = summary(cases, skipped)
    write_json(run_dir / "cases-report.json", counts)
    write_manifest(
        run_dir, job="synth cases", config=config, release=knowledge.release, digest=knowledge.digest,
        extra={"counts": counts},
    )  # fmt: skip
    return counts


def summary(cases: Iterable[Case], skipped: Counter[str]) -> dict[str, object]:
    listed = list(cases)
    return {
        "cases": len(listed),
        "splits": dict(sorted(Counter(case.split for case in listed).items())),
        "golds": dict(sorted(Counter(case.gold for case in listed).items())),
        "groups": len({case.group for case in listed}),
        "skipped": dict(sorted(skipped.items())),
    }


def _unique(cases: list[Case]) -> None:
    twice = [id_ for id_, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise RecordInvalid(f"{len(twice)} case ids stand twice, the first is {twice[0]}; the metadata repeats rows")


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


def read(config: SynthConfig, knowledge: Knowledge) -> tuple[list[Case], Counter[str]]:
    """The cases of a real dataset, with absolute image paths, and how many rows were left out and why.

    Raises:
        GoldUnresolved, ImageUnreadable: see `make`.
    """
    source = config.source
    rows = list(READERS[source.name](Path(source.folder)))
    golds = resolve(rows, source.name, knowledge)
    skipped: Counter[str] = Counter()
    kept: list[Row] = []
    for row in tqdm(rows, desc="images", file=sys.stderr, disable=None):
        problem = image_problem(row.image)
        if problem and not source.skip_unreadable:
            raise ImageUnreadable(
                f"{row.image} (row {row.id} of {source.name}) {problem}. Fetch it again, or set "
                "source.skip_unreadable = true to leave such rows out and count them."
            )
        if problem:
            skipped[problem] += 1
        else:
            kept.append(row)
    if source.limit:
        kept = kept[: source.limit]
    splits = assign(kept, source.shares, config.seed)
    return [_case(row, source.name, golds[row.label], split) for row, split in zip(kept, splits, strict=True)], skipped


def resolve(rows: Iterable[Row], dataset: str, knowledge: Knowledge) -> dict[str, str]:
    """Label -> concept id for every label of a dataset.

    Raises:
        GoldUnresolved: names each label that has no single concept, how many rows carry it, and the first of them.
    """
    carriers: dict[str, list[str]] = {}
    for row in rows:
        carriers.setdefault(row.label, []).append(row.id)
    golds: dict[str, str] = {}
    problems: list[str] = []
    for label in sorted(carriers):
        try:
            golds[label] = knowledge.gold(label, dataset=dataset)
        except GoldUnresolved as error:
            named = ", ".join(carriers[label][:5]) + (", …" if len(carriers[label]) > 5 else "")
            problems.append(f"{label!r}: {len(carriers[label])} rows ({named}): {error.args[0].splitlines()[0]}")
    if problems:
        raise GoldUnresolved(
            f"{len(problems)} labels of {dataset} name no single concept of release {knowledge.release or 'draft'}; "
            "nothing was written:",
            tuple(problems),
        )
    return golds


def image_problem(path: Path) -> str:
    """Why an image cannot be used ("is missing", "is broken"), or nothing."""
    if not path.is_file():
        return "is missing"
    try:
        with Image.open(path) as image:
            image.draft("RGB", (64, 64))  # JPEG: decode every block, at an eighth of the cost
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "is broken"
    return ""


def _case(row: Row, dataset: str, gold: str, split: str) -> Case:
    return Case(
        id=row.id,
        source=dataset,
        image=str(row.image.resolve()),
        label=row.label,
        gold=gold,
        split=split,
        licence=row.licence,
        patient=row.patient,
        lesion=row.lesion,
        site=row.site,
        age=row.age,
        sex=row.sex,
        fitzpatrick=row.fitzpatrick,
    )


def expected(config: SynthConfig) -> Iterator[str]:
    """What `--dry-run` says about this job."""
    if config.source.name == "phantom":
        diseases = len(config.phantom.diseases)
        for split, count in sorted(config.phantom.counts.items()):
            yield f"{split}: {count * diseases} drawn images ({count} of each of {diseases} diseases)"
        total = diseases * sum(config.phantom.counts.values())
        yield f"{total} images of {config.phantom.size} px, about {total / 250:.0f} s"
    else:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(config.source.shares.items()))
        yield f"read {config.source.name} from {config.source.folder}, resolve every label, decode every image"
        yield f"splits by group: {shares}"
