"""Code systems by the names FHIR has for them, and the IRIs that the knowledge writes instead."""

from __future__ import annotations

from dataclasses import dataclass

# A concept's IRI is the system, a slash, and the code.
SYSTEM = "https://w3id.org/skin-r1/concept"
NAME = "Skin-R1 diseases of the skin"
MAP = f"{SYSTEM}?fhir_cm"
_CROSSWALK = "https://w3id.org/skin-r1/crosswalk/"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A code system of others: its FHIR uri, how its IRIs begin, and what its codes have instead of that."""

    uri: str
    iri: str
    prefix: str = ""


DOID = Foreign("http://purl.obolibrary.org/obo/doid.owl", "http://purl.obolibrary.org/obo/DOID_", "DOID:")
ICD10CM = Foreign("http://hl7.org/fhir/sid/icd-10-cm", "http://purl.bioontology.org/ontology/ICD10CM/")
FOREIGN = (DOID, ICD10CM)


def coding_of(iri: str) -> tuple[str, str]:
    """(system, code) of an IRI that a concept is matched with; of a system not known here, (all but the end, end)."""
    for foreign in FOREIGN:
        if iri.startswith(foreign.iri):
            return foreign.uri, foreign.prefix + iri.removeprefix(foreign.iri)
    cut = max(iri.rfind("/"), iri.rfind("#")) + 1
    return iri[:cut].rstrip("/#"), iri[cut:]


def crosswalk_system(dataset: str) -> str:
    """The system of a dataset's labels."""
    return _CROSSWALK + dataset


def dataset_of(system: str) -> str | None:
    """The dataset whose labels a system holds, None for any other system."""
    return system.removeprefix(_CROSSWALK) if system.startswith(_CROSSWALK) else None
