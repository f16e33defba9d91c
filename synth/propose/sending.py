"""Proposals to the service: each once, whatever happens between the post and the note of it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from kg_service.client.proposing import Proposing
from kg_service.core.errors import ConfigInvalid, Forbidden, KnowledgeUnavailable, SkinR1Error, Unauthenticated
from kg_service.job import Journal

from .offers import Offer

# These end the job: the next proposal would fare no better.
_ENDS = (KnowledgeUnavailable, Unauthenticated, Forbidden)


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of `sent.jsonl`. `number` is the proposal's, 0 where the service refused it for `reason`."""

    url: str
    key: str
    concept: str
    number: int
    code: str = ""
    reason: str = ""


def token(variable: str) -> str:
    """
    Raises:
        ConfigInvalid: the environment variable is not set.
    """
    found = os.environ.get(variable, "")
    if not found:
        raise ConfigInvalid(
            f"set {variable} to the bearer token of an editor (`python -m kg_service token`), or name another "
            "variable as token_env"
        )
    return found


def send(offers: Sequence[Offer], url: str, bearer: str, journal: Path) -> dict[str, int]:
    """Offer each proposal once and note what became of it.

    What is noted as taken is not sent again; what is not noted is looked up at the service first, so that a job that
    was killed in between makes none twice. What the service refuses is noted with its reason, and tried again by the
    next run.

    Returns:
        How many were `sent`, `known` there already, `refused`.

    Raises:
        KnowledgeUnavailable, Unauthenticated, Forbidden: nothing more can be sent; what was sent is noted.
    """
    done: Counter[str] = Counter(sent=0, known=0, refused=0)
    with Journal(journal) as notes, Proposing(url, bearer) as desk:
        taken = {row["key"] for row in notes.rows if row["url"] == url and row["number"]}
        for offer in tqdm(offers, desc="proposals", file=sys.stderr, disable=None):
            if offer.key in taken:
                done["known"] += 1
                continue
            known = desk.find(offer.key)
            try:
                number = known or desk.propose(offer.message, offer.changes, key=offer.key)
            except _ENDS:
                raise
            except SkinR1Error as error:
                notes.append(Sent(url, offer.key, offer.concept, 0, error.code, str(error)))
                done["refused"] += 1
                continue
            notes.append(Sent(url, offer.key, offer.concept, number))
            done["known" if known else "sent"] += 1
    return dict(done)
