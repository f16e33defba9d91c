"""Building FHIR Parameters."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]


def parameters(*items: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": list(items)}


def string(name: str, value: str) -> Resource:
    return {"name": name, "valueString": value}


def code(name: str, value: str) -> Resource:
    return {"name": name, "valueCode": value}


def boolean(name: str, value: bool) -> Resource:
    return {"name": name, "valueBoolean": value}


def integer(name: str, value: int) -> Resource:
    return {"name": name, "valueInteger": value}


def uri(name: str, value: str) -> Resource:
    return {"name": name, "valueUri": value}


def coding(name: str, system: str, value: str, display: str = "") -> Resource:
    return {"name": name, "valueCoding": {"system": system, "code": value, **({"display": display} if display else {})}}


def parts(name: str, *items: Resource) -> Resource:
    return {"name": name, "part": list(items)}
