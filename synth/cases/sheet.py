"""The contact sheet: a grid of images with what each is and what was drawn, for a person to look at."""

from __future__ import annotations

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw

from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable, RecordInvalid
from kg_service.job import read_jsonl

SIDE, CAPTION, COLUMNS = 168, 62, 6


def make(run_dir: Path, split: str = "", per_gold: int = COLUMNS) -> Path:
    """Write `contact-sheet.png`: one line of up to `per_gold` images for each gold.

    Raises:
        RecordInvalid: there is no case (of this split).
        ImageUnreadable: an image is missing or broken.
    """
    lines: dict[str, list[Case]] = {}
    for case in read_jsonl(run_dir / "cases.jsonl", Case):
        if not split or case.split == split:
            shown = lines.setdefault(case.gold, [])
            if len(shown) < per_gold:
                shown.append(case)
    if not lines:
        raise RecordInvalid(f"{run_dir} holds no case{f' of the split {split!r}' if split else ''}")
    width, height = per_gold * (SIDE + 4), len(lines) * (SIDE + CAPTION)
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    for row, gold in enumerate(sorted(lines)):
        for column, case in enumerate(lines[gold]):
            x, y = column * (SIDE + 4), row * (SIDE + CAPTION)
            sheet.paste(_open(run_dir, case), (x, y))
            seen = ", ".join(finding.feature for finding in case.findings if finding.present)
            text = "\n".join([gold[:30], *textwrap.wrap(seen, 30)[:3]])
            pen.multiline_text((x + 1, y + SIDE + 1), text, fill="black", font_size=10, spacing=1)
    path = run_dir / "contact-sheet.png"
    sheet.save(path)
    return path


def _open(run_dir: Path, case: Case) -> Image.Image:
    path = run_dir / case.image  # an absolute image path wins over the run directory
    try:
        with Image.open(path) as image:
            return image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST)
    except OSError as error:
        raise ImageUnreadable(f"{path} (case {case.id}) cannot be read: {error}") from error
