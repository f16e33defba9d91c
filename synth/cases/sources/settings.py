"""The `[source]` and `[alike]` tables of a configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ...part import Part

Name = Literal[
    "phantom", "ham10000", "pad-ufes-20", "isic2019", "bcn20000", "derm7pt", "fitzpatrick17k", "ddi", "skincon",
    "dermnet", "derm12345", "scin", "midas", "omnimedvqa", "dermamnist", "csv", "folder",
]  # fmt: skip
Column = Literal[
    "id", "image", "label", "split", "patient", "lesion", "licence", "site", "age", "sex", "fitzpatrick", "condition"
]


class Source(Part):
    """Where cases come from: `[source]`, or several `[[sources]]`.

    `folder` holds a dataset in its published layout. `dataset` is the name its cases bear and whose crosswalk reads its
    labels; empty means the layout's own. `licence` is what to record where the dataset does not say one for each image.
    `file` and `columns` (our name -> the file's) describe a plain CSV. `view` chooses between clinical and dermoscopic
    images where a dataset has both of each lesion.

    `shares` says how the groups (patients, else lesions) are spread over splits; with `splits = "own"` the dataset's
    own train, val and test become what `own` maps them to. `unresolved = "skip"` leaves labels that name no single
    concept out and counts them; `report` also offers them to the inbox of the service at knowledge.url, with the bearer
    token in the environment variable SKIN_R1_TOKEN. `skip_unreadable` counts missing and broken images instead of
    stopping. `limit` takes only so many rows, 0 all.
    """

    name: Name = "phantom"
    folder: str = ""
    dataset: str = ""
    licence: str = ""
    file: str = ""
    columns: dict[Column, str] = Field(default={})
    view: Literal["both", "clinical", "dermoscopic"] = "both"
    shares: dict[str, float] = Field(default={"sft": 0.3, "rl": 0.5, "test": 0.2})
    splits: Literal["shares", "own"] = "shares"
    own: dict[str, str] = Field(default={"train": "sft", "val": "rl", "test": "test"})
    unresolved: Literal["stop", "skip"] = "stop"
    report: bool = False
    skip_unreadable: bool = False
    limit: int = Field(default=0, ge=0)

    @property
    def called(self) -> str:
        """The dataset's name, which its cases bear."""
        return self.dataset or self.name

    @model_validator(mode="after")
    def _usable(self) -> Source:
        if self.name != "phantom" and not self.folder:
            raise ValueError(f"source {self.name!r} needs a folder")
        if not self.shares or min(self.shares.values()) <= 0 or abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError("shares must be above 0 and sum to 1")
        if self.name == "csv" and not {"image", "label"} <= set(self.columns):
            raise ValueError('source "csv" needs columns = { image = "…", label = "…" }, our names to the file\'s')
        if self.name in ("csv", "folder") and not (self.licence or "licence" in self.columns):
            raise ValueError(f'source "{self.name}" needs a licence: say under which the images may be used')
        if self.report and self.unresolved != "skip":
            raise ValueError('report = true needs unresolved = "skip"')
        return self


class Alike(Part):
    """How near-duplicates are found. `search = false` only looks for identical files.

    Two images are alike where their perceptual hashes differ in at most `distance` of 63 bits and their 32 x 32 grey
    images, and the fine detail of these, correlate with at least `likeness`. `turned` also compares the seven
    mirrored and turned copies. `processes` 0 means one for each core.
    """

    search: bool = True
    distance: int = Field(default=8, ge=0, le=16)
    likeness: float = Field(default=0.85, gt=0, le=1)
    turned: bool = True
    processes: int = Field(default=0, ge=0)


def chosen(one: Source, several: tuple[Source, ...]) -> tuple[Source, ...]:
    """The sources of a configuration that may have `[source]` or `[[sources]]`.

    Raises:
        ValueError: both are there, phantoms are mixed with datasets, or two sources would share a name.
    """
    if not several:
        return (one,)
    if one != Source():
        raise ValueError("write either one [source] or several [[sources]]")
    if len(several) > 1 and any(source.name == "phantom" for source in several):
        raise ValueError("phantoms are drawn in a run of their own")
    names = [source.called for source in several]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two sources are called {', '.join(twice)}; give each its own `dataset`")
    return several
