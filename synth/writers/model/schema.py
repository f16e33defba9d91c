"""The shape of a reply, the same for every request: one JSON schema, compiled once by the server."""

from __future__ import annotations

from typing import Any

from kg_service.core.trajectory import StepKind

NAME = "trajectory"
MOST = {"C": 24, "F": 160, "N": 6, "P": 12}


def aliases(letter: str) -> list[str]:
    """All names that things of one sort can have: C1 ... C24."""
    return [f"{letter}{number}" for number in range(1, MOST[letter] + 1)]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "choice": {"type": "string", "enum": aliases("N")},
        "alternative": {"type": "string", "enum": ["", *aliases("N")]},
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": [kind.value for kind in StepKind]},
                    "text": {"type": "string"},
                    "refs": {
                        "type": "array",
                        "items": {"type": "string", "enum": [name for letter in "NCFP" for name in aliases(letter)]},
                    },
                },
                "required": ["kind", "text", "refs"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["choice", "alternative", "steps"],
    "additionalProperties": False,
}
