"""A folder for each label, with or without folders for train, val and test above them, as DermNet's copies have.

The 23 folders of the well-known copy of DermNet are chapters of an atlas: most name several diseases, and are left
unresolved on purpose (crosswalk `dermnet23`); set unresolved = "skip" to take those that name one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg_service.core.errors import ConfigInvalid

from .row import IMAGES, Row, own_split
from .settings import Source

LICENCE = "as stated by DermNet"


def read(source: Source) -> Iterator[Row]:
    """Every image below a label's folder, in the order of the names. The id is the path below `folder`.

    Raises:
        ConfigInvalid: there is no folder with images in it.
    """
    root = Path(source.folder)
    parts = [path for path in _folders(root) if own_split(path.name) in {"train", "val", "test"}]
    found = False
    for above, split in [(path, own_split(path.name)) for path in parts] or [(root, "")]:
        for below in _folders(above):
            for path in sorted(below.rglob("*")):
                if path.suffix in IMAGES:
                    found = True
                    yield Row(
                        id=path.relative_to(root).with_suffix("").as_posix().replace("/", "_"),
                        image=path,
                        label=below.name,
                        licence=source.licence or LICENCE,
                        split=split,
                    )
    if not found:
        raise ConfigInvalid(f"{root} holds no folder with images in it; there must be one for each label")


def _folders(above: Path) -> list[Path]:
    return sorted(path for path in above.iterdir() if path.is_dir()) if above.is_dir() else []
