"""Derm7pt, the seven-point checklist set (Kawahara et al. 2018, doi 10.1109/JBHI.2018.2824327).

`meta/meta.csv` with case_num, diagnosis, the seven criteria, location, sex, and the files of a dermoscopic (`derm`) and
a clinical (`clinic`) image below `images`; `meta/train_indexes.csv`, `valid_` and `test_` hold row numbers from 0.

The criteria are what an expert saw by dermoscopy, so only the dermoscopic image carries them. `SIGNS` leaves out what
the release has no feature for (regular streaks, wreath vessels, vessels within regression) and what would contradict a
feature's other wordings (an atypical network is not "no pigment network").
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg_service.core.case import Finding

from .row import Row, folders, known, locate, sex
from .settings import Source
from .tables import table

LICENCE = "non-commercial research (terms of derm7pt)"
_VESSELS = ("arborizing-vessels", "comma-vessels", "dotted-vessels", "hairpin-vessels", "linear-irregular-vessels")

# (criterion, value) -> the features that are then seen, and those that were looked for and are not there.
SIGNS: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("pigment_network", "absent"): ((), ("pigment-network", "atypical-pigment-network")),
    ("pigment_network", "typical"): (("pigment-network",), ("atypical-pigment-network",)),
    ("pigment_network", "atypical"): (("atypical-pigment-network",), ()),
    ("streaks", "absent"): ((), ("irregular-streaks",)),
    ("streaks", "irregular"): (("irregular-streaks",), ()),
    ("pigmentation", "absent"): ((), ("irregular-blotches",)),
    ("pigmentation", "diffuse irregular"): (("irregular-blotches",), ()),
    ("pigmentation", "localized irregular"): (("irregular-blotches",), ()),
    ("pigmentation", "diffuse regular"): ((), ("irregular-blotches",)),
    ("pigmentation", "localized regular"): ((), ("irregular-blotches",)),
    ("regression_structures", "absent"): ((), ("regression-structures",)),
    ("regression_structures", "blue areas"): (("regression-structures",), ()),
    ("regression_structures", "white areas"): (("regression-structures",), ()),
    ("regression_structures", "combinations"): (("regression-structures",), ()),
    ("dots_and_globules", "absent"): ((), ("irregular-dots-globules", "regular-globules")),
    ("dots_and_globules", "regular"): (("regular-globules",), ("irregular-dots-globules",)),
    ("dots_and_globules", "irregular"): (("irregular-dots-globules",), ()),
    ("blue_whitish_veil", "absent"): ((), ("blue-white-veil",)),
    ("blue_whitish_veil", "present"): (("blue-white-veil",), ()),
    ("vascular_structures", "absent"): ((), _VESSELS),
    ("vascular_structures", "arborizing"): (("arborizing-vessels",), ()),
    ("vascular_structures", "comma"): (("comma-vessels",), ()),
    ("vascular_structures", "dotted"): (("dotted-vessels",), ()),
    ("vascular_structures", "hairpin"): (("hairpin-vessels",), ()),
    ("vascular_structures", "linear irregular"): (("linear-irregular-vessels",), ()),
}
_CRITERIA = tuple(dict.fromkeys(criterion for criterion, _ in SIGNS))
_VIEWS = {"dermoscopic": ("derm",), "clinical": ("clinic",), "both": ("derm", "clinic")}


def read(source: Source) -> Iterator[Row]:
    """Up to two rows for each case, `<case>-derm` and `<case>-clinic`, in the order of the file, grouped by case."""
    root = Path(source.folder)
    meta = root / "meta" if (root / "meta").is_dir() else root
    splits: dict[int, str] = {}
    for name, split in (("train", "train"), ("valid", "val"), ("test", "test")):
        if (meta / f"{name}_indexes.csv").is_file():
            splits |= {int(row["indexes"]): split for row in table(meta, (f"{name}_indexes.csv",), ("indexes",))}
    wanted = _VIEWS[source.view]
    for place, row in enumerate(table(meta, ("meta.csv",), ("diagnosis", *wanted[:1], *_CRITERIA))):
        case = row.get("case_num") or str(place)
        for view in wanted:
            if row.get(view):
                yield Row(
                    id=f"{case}-{view}",
                    image=locate(folders(root, "images"), row[view]),
                    label=row["diagnosis"],
                    licence=source.licence or LICENCE,
                    lesion=case,
                    site=known(row.get("location", "")),
                    sex=sex(row.get("sex", "")),
                    findings=findings(row) if view == "derm" else (),
                    split=splits.get(place, ""),
                )


def findings(row: dict[str, str]) -> tuple[Finding, ...]:
    """What the seven criteria of a case say about features of the release, sorted."""
    said = [SIGNS.get((criterion, row[criterion].lower()), ((), ())) for criterion in _CRITERIA]
    seen = sorted({feature for present, _ in said for feature in present})
    missed = sorted({feature for _, absent in said for feature in absent})
    return (*(Finding(feature, True) for feature in seen), *(Finding(feature, False) for feature in missed))
