"""The Case: one image with what is known about it. The record every job reads and writes (`cases.jsonl`)."""

from __future__ import annotations

from dataclasses import dataclass

from .concept import Condition


@dataclass(frozen=True, slots=True)
class Finding:
    """A feature annotated on the image itself, seen (`present`) or looked for and not seen."""

    feature: str
    present: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled image.

    `image` is a path relative to the folder of the `cases.jsonl` that holds the case, or absolute.
    `gold` is the concept id that `label`, the dataset's own wording, resolved to; it may be a group.
    `condition` is set only where the dataset itself states one for this image.
    `patient` and `lesion` group images that must not be spread over splits; empty means "only this image".
    `fitzpatrick_group` is I-II, III-IV or V-VI where the dataset states only such a pair of skin types.
    `twin` is set where near-duplicates join several groups to one: the name of the whole.
    """

    id: str
    source: str
    image: str
    label: str
    gold: str
    split: str
    licence: str
    condition: Condition | None = None
    patient: str = ""
    lesion: str = ""
    findings: tuple[Finding, ...] = ()
    site: str = ""
    age: float | None = None
    sex: str = ""
    fitzpatrick: int | None = None
    fitzpatrick_group: str = ""
    twin: str = ""

    @property
    def group(self) -> str:
        """The unit that splits and bootstraps keep together: the patient, else the lesion, else the image, with all
        near-duplicates of its images."""
        return self.twin or f"{self.source}/{self.patient or self.lesion or self.id}"
