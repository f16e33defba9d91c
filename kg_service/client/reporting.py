"""What jobs tell the service: the labels that named no concept, and how many images each label of a dataset has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from .http import Connection


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A label that named no single concept. `reason` is the resolver's ("unknown", "hedged", …) or "ambiguous"."""

    dataset: str
    label: str
    images: int
    reason: str = ""


def report_unmapped(url: str, token: str, job: str, items: Iterable[Unmapped]) -> int:
    """Put labels into the inbox, in place of what the job reported before about the same datasets.

    Args:
        url: the service's address, without `/v1`.
        token: a bearer token with the scope `report`.
        job: the name under which the job reports each time.

    Returns:
        How many labels were kept. Reporting again changes nothing.

    Raises:
        KnowledgeUnavailable: no answer after three attempts.
        Unauthenticated, Forbidden: the token is not good for this.
        RequestInvalid: a label holds control characters or is longer than 500.
    """
    rows = [{"dataset": i.dataset, "label": i.label, "images": i.images, "reason": i.reason} for i in items]
    with Connection(url, token=token) as connection:
        return connection.post("/unmapped", {"job": job, "items": rows}).json()["labels"]


def register_labels(url: str, token: str, dataset: str, labels: Mapping[str, int]) -> None:
    """Register how many images of a dataset carry each label, in place of what was registered before.

    Raises:
        As `report_unmapped`.
    """
    with Connection(url, token=token) as connection:
        connection.put(f"/datasets/{quote(dataset, safe='')}/labels", {"labels": dict(labels)})
