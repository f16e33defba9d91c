"""Codes of other vocabularies as people write them: `DOID:4159` and `ICD10CM:L40.0` for the addresses that are kept."""

from __future__ import annotations

from ..api.fhir.systems import DOID, ICD10CM
from ..core.errors import RequestInvalid

_WRITTEN = {"DOID:": DOID.iri, "ICD10CM:": ICD10CM.iri}


def code_of(iri: str) -> str:
    """An address as a code; one of a vocabulary not known here stays an address."""
    for prefix, begin in _WRITTEN.items():
        if iri.startswith(begin):
            return prefix + iri.removeprefix(begin)
    return iri


def iri_of(code: str) -> str:
    """A code as its address.

    Raises:
        RequestInvalid: it is neither a code of a vocabulary known here nor an address.
    """
    for prefix, begin in _WRITTEN.items():
        if code.casefold().startswith(prefix.casefold()):
            return begin + code[len(prefix) :].strip()
    if "://" not in code:
        known = " or ".join(f"{prefix}…" for prefix in _WRITTEN)
        raise RequestInvalid(f"'{code}' is no code; write {known}, or the whole address of the term")
    return code
