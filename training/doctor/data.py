"""The files of a stage: images that decode, and splits that keep patients apart."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from kg_service.core.case import Case
from kg_service.job import read_jsonl

from ..data import Row
from ..settings import Data
from .finding import Finding

IMAGES = 32
SHOWN = 3


def images(rows: Sequence[Row], seed: int) -> Iterator[Finding]:
    """Decode a sample of the images whole: a truncated file opens, and fails only in the middle of a run."""
    files = sorted({row.image for row in rows if row.image})
    chosen = random.Random(seed).sample(files, min(IMAGES, len(files)))
    bad = []
    for file in chosen:
        try:
            with Image.open(file) as image:
                image.load()
        except (OSError, SyntaxError) as error:  # Pillow calls some broken files a SyntaxError
            bad.append(f"{file}: {error}")
    if bad:
        says = f"{len(bad)} of {len(chosen)} do not decode, such as {bad[0]}; fetch them again or leave their cases out"
        yield Finding("images", "fail", says)
    else:
        yield Finding("images", "ok", f"{len(chosen)} of {len(files)} decoded")


def splits(data: Data) -> Iterator[Finding]:
    """Whether a patient, lesion or near-duplicate of the training split is also in another split of the same file."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in read_jsonl(Path(data.cases), Case):
        found[case.group].add(case.split)
    mine = {group: splits - {data.split} for group, splits in found.items() if data.split in splits}
    shared = sorted(group for group, others in mine.items() if others)
    if not shared:
        yield Finding("splits", "ok", f"none of {len(mine)} groups of {data.split!r} is in another split")
        return
    named = ", ".join(f"{group} ({', '.join(sorted(mine[group]))})" for group in shared[:SHOWN])
    tests = any(split.startswith(("test", "val")) for group in shared for split in mine[group])
    says = (
        f"{len(shared)} groups of {data.split!r} are also in other splits: {named}; split by group again (synth cases)"
    )
    yield Finding("splits", "fail" if tests else "warn", says)


def balance(rows: Sequence[Row], *, balanced: bool) -> Iterator[Finding]:
    """One diagnosis that outnumbers all others together teaches mostly itself."""
    golds = [row.gold for row in rows if row.gold]
    most = max(sorted(set(golds)), key=golds.count, default="")
    share = golds.count(most) / len(golds) if golds else 0.0
    if share > 0.5 and len(set(golds)) > 2 and not balanced:
        yield Finding("rows", "warn", f"{share:.0%} of {len(rows)} have the gold {most}; consider data.balance = true")
    else:
        yield Finding("rows", "ok", f"{len(rows)}, each gold earns its maximum and has its question")
