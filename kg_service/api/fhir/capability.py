"""What the FHIR face says about itself."""

from __future__ import annotations

from .parameters import Resource
from .systems import NAME, SYSTEM

MEDIA_TYPE = "application/fhir+json"

_OPERATIONS = {
    "CodeSystem": ("lookup", "validate-code", "subsumes"),
    "ValueSet": ("validate-code", "expand"),
    "ConceptMap": ("translate",),
}


def capability_statement(at: str, software: str) -> Resource:
    """The CapabilityStatement of this face.

    Args:
        at: when the release was published, ISO 8601.
        software: version of the service.
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at,
        "kind": "instance",
        "software": {"name": "Skin-R1 knowledge", "version": software},
        "implementation": {"description": NAME},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE, "json"],
        "rest": [{"mode": "server", "resource": [_resource(name) for name in _OPERATIONS]}],
    }


def _resource(name: str) -> Resource:
    base = f"http://hl7.org/fhir/OperationDefinition/{name}"
    return {"type": name, "operation": [{"name": o, "definition": f"{base}-{o}"} for o in _OPERATIONS[name]]}


def terminology_capabilities(version: str, at: str, software: str) -> Resource:
    """The TerminologyCapabilities of this face.

    Args:
        version: the release's id.
        at: when it was published, ISO 8601.
        software: version of the service.
    """
    return {
        "resourceType": "TerminologyCapabilities",
        "status": "active",
        "date": at,
        "kind": "instance",
        "software": {"name": "Skin-R1 knowledge", "version": software},
        "implementation": {"description": NAME},
        "codeSystem": [{"uri": SYSTEM, "version": [{"code": version, "isDefault": True}], "subsumption": True}],
        "expansion": {
            "hierarchical": False,
            "paging": True,
            "incomplete": False,
            "parameter": [{"name": n} for n in ("url", "filter", "offset", "count", "includeDesignations")],
        },
        "validateCode": {"translations": False},
        "translation": {"needsMap": False},
    }
