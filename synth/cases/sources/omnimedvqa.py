"""OmniMedVQA (Hu et al. 2024), its open questions about skin: which disease does this image show?

`QA_information/Open-access/<dataset>.json`, lists of {question_id, question_type, gt_answer, image_path}; images below
the folder at `image_path`. An answer that names no disease ("Yes", "Benign") stays unresolved: set unresolved = "skip".
Most of these images also lie in the datasets that they come from, which is what the search for near-duplicates is for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kg_service.core.errors import ConfigInvalid, RecordInvalid

from .row import Row, folders, inside
from .settings import Source

LICENCE = "as the dataset that the image comes from"
# File -> whose crosswalk reads its answers.
PARTS = {
    "Fitzpatrick 17k": "fitzpatrick17k",
    "ISBI2016": "",
    "ISIC2018": "ham10000",
    "ISIC2019": "isic2019",
    "ISIC2020": "",
    "Monkeypox Skin Image 2022": "",
    "PAD-UFES-20": "pad-ufes-20",
}


def read(source: Source) -> Iterator[Row]:
    """A row for each image and answer, in the order of the files; the same pair asked twice counts once.

    Raises:
        ConfigInvalid: there is no file about skin.
        RecordInvalid: a file is not such a list.
    """
    root = Path(source.folder)
    folder = folders(root, "QA_information/Open-access", "Open-access")[0]
    files = [path for part in PARTS if (path := folder / f"{part}.json").is_file()]
    if not files:
        raise ConfigInvalid(f"{folder} holds none of {', '.join(f'{part}.json' for part in PARTS)}")
    for path in files:
        seen: set[tuple[str, str]] = set()
        try:
            asked = json.loads(path.read_text(encoding="utf-8"))
            wanted = [item for item in asked if item["question_type"].strip().lower() == "disease diagnosis"]
            for item in wanted:
                image, label = item["image_path"], item["gt_answer"].strip().rstrip(".")
                if (image, label) in seen:
                    continue
                seen.add((image, label))
                yield Row(
                    id=item["question_id"],
                    image=root / inside(image),
                    label=label,
                    licence=source.licence or LICENCE,
                    lesion=image,
                    dataset=PARTS[path.stem],
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordInvalid(f"{path} is not a list of questions ({error!r}); fetch it again") from error
