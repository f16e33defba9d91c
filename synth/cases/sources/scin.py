"""SCIN, Skin Condition Image Network (Ward et al. 2024): photographs that volunteers sent, graded by dermatologists.

`scin_cases.csv` with case_id, image_1_path to image_3_path (`dataset/images/…`), sex_at_birth, fitzpatrick_skin_type,
body_parts_*; `scin_labels.csv` with case_id, weighted_skin_condition_label (a differential diagnosis with weights) and
dermatologist_fitzpatrick_skin_type_label_1 to _3. Both lie in the folder or in its `dataset`.

The label is the diagnosis with the most weight. A case without one, or with two of equal weight, is left out: it has no
gold. Ages are published in ranges, and a range is not an age.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kg_service.core.errors import RecordInvalid

from .row import Row, folders, locate, sex, skin_type
from .settings import Source
from .tables import table

LICENCE = "SCIN Data Use License"
_TYPES = tuple(f"dermatologist_fitzpatrick_skin_type_label_{place}" for place in (1, 2, 3))


def read(source: Source) -> Iterator[Row]:
    """A row for each image of each case, `<case>-1` to `-3`, in the order of the cases, grouped by case."""
    root = Path(source.folder)
    root = root / "dataset" if (root / "dataset").is_dir() else root
    graded = {
        row["case_id"]: row for row in table(root, ("scin_labels.csv",), ("case_id", "weighted_skin_condition_label"))
    }
    for row in table(root, ("scin_cases.csv",), ("case_id", "image_1_path")):
        grades = graded.get(row["case_id"], {})
        label = leading(row["case_id"], grades.get("weighted_skin_condition_label", ""))
        parts = [
            name.removeprefix("body_parts_") for name, mark in row.items() if mark == "YES" and "body_parts_" in name
        ]
        for place in (1, 2, 3):
            if path := row.get(f"image_{place}_path", ""):
                yield Row(
                    id=f"{row['case_id']}-{place}",
                    image=locate(folders(root, "images"), Path(path).name),
                    label=label,
                    licence=source.licence or LICENCE,
                    patient=row["case_id"],
                    site=parts[0].replace("_", " ") if len(parts) == 1 else "",
                    sex=sex(row.get("sex_at_birth", "")),
                    fitzpatrick=_skin(grades, row),
                    left_out="" if label else "the dermatologists have no leading diagnosis",
                )


def leading(case: str, text: str) -> str:
    """The diagnosis with the most weight in `{'Eczema': 0.6, 'Tinea': 0.4}`; nothing where none leads.

    Raises:
        RecordInvalid: the text is not such a table.
    """
    try:
        weights = ast.literal_eval(text) if text else {}
        ranked = sorted(((float(weight), name) for name, weight in weights.items()), reverse=True)
    except (ValueError, SyntaxError, TypeError, AttributeError) as error:
        raise RecordInvalid(f"scin_labels.csv: case {case} has weights that cannot be read: {text[:80]!r}") from error
    return ranked[0][1] if ranked and (len(ranked) == 1 or ranked[0][0] > ranked[1][0]) else ""


def _skin(grades: dict[str, str], row: dict[str, str]) -> int | None:
    """The type most dermatologists gave, else what the person said; None where they are divided."""
    given = Counter(kind for name in _TYPES if (kind := skin_type(grades.get(name, ""))))
    if not given:
        return skin_type(row.get("fitzpatrick_skin_type", ""))
    ranked = given.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None
