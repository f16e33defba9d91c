"""What a section does, told from its heading: weigh diseases against each other, describe, define, treat."""

from __future__ import annotations

import re
from collections.abc import Sequence

DIFFERENTIAL, CAPTION = "differential", "caption"
DESCRIBING = frozenset({"definition", "features", "diagnosis"})  # what these sections say, they say of a disease itself

# The first that matches counts. English, with the words that German and French books head these sections with.
_ROLES: tuple[tuple[str, str], ...] = (
    (
        DIFFERENTIAL,
        r"differential|differentiat|diff[ée]rentiel|distinguish|confound|confuse|mistaken|mistake|resembl|"
        r"\bdiffers?\b|differences? (?:between|from)|distinctions? (?:between|from)|\bversus\b|\bvs\b|\bexclude|"
        r"eliminated|diseases? (?:are|is) to be considered|look[- ]?alikes?|mimics?\b",
    ),
    ("prognosis", r"prognos|outlook|\bcurable\b|\bcured?\b.*\?|relapse|recurrence"),
    (
        "treatment",
        r"treat|therap|remed(?:y|ies)|manage(?:d|ment)|medicat|operati|prescri|applications?\b|\bmeasures\b|"
        r"(?:removed|employed|administered|prevented)\b|ointment|\badvis|parasiticide",
    ),
    ("pathology", r"patholog|histolog|microscop|anatomical seat|\bseat\b|\bnature\b"),
    (
        "etiology",
        r"etiolog|ätiolog|étiologie|\bcauses?\b|\bcausative\b|caused\b|contagious|predispos|ascribed|epidemiolog",
    ),
    ("diagnosis", r"diagnos|recogni[sz]"),
    (
        "features",
        r"symptom|clinical|describe\b|description|appearances?\b|characters?\b|characteri[sz]|features?\b|lesions?\b|"
        r"manifest|\bsigns?\b|morpholog|\bcourse\b|varieties|variety|regions?\b|eruptions?\b|"
        r"cutaneous disturbance|parts\b|presentation|klinik|clinique",
    ),
    ("definition", r"defin|what (?:is|are)\b|what do you (?:mean|understand)|is meant by|synonym"),
)
_COMPILED = tuple((role, re.compile(pattern, re.IGNORECASE)) for role, pattern in _ROLES)


def of_heading(heading: str) -> str:
    """The role of one heading, "" for most names of diseases and chapters."""
    if re.search(r"\bdescriptive definition\b|\bgive a definition\b", heading, re.IGNORECASE):
        return "definition"
    return next((role for role, pattern in _COMPILED if pattern.search(heading)), "")


def of_path(path: Sequence[str]) -> str:
    """The role of the innermost heading that has one.

    A differential holds for all that stands under it: "Psoriasis" below "Differential diagnosis" is a differential.
    """
    found = [role for heading in reversed(path) if (role := of_heading(heading))]
    return DIFFERENTIAL if DIFFERENTIAL in found else next(iter(found), "")
