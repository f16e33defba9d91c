"""Every operation of the OpenAPI document under generated requests, good and bad, signed as an admin.

No answer is a 500, and every answer is one that the document promises: status, media type, headers and schema.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kg_service.api.app import create_api
from kg_service.api.fhir.systems import SYSTEM
from kg_service.settings import Settings

from ..patience import PATIENCE

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# Words that mean something to the service, so that requests get past its first question.
WORDS = [
    *("melanoma", "nodular-melanoma", "psoriasis", "scale", "melanoma--psoriasis", "ham10000", "nv", "MM", "mole"),
    *("1", "latest", "draft", "proposal-1", "admin", "reader", "editor", SYSTEM, f"{SYSTEM}?fhir_vs=isa/melanoma"),
    *("ASK {}", "SELECT * WHERE { ?s ?p ?o } LIMIT 3", "https://w3id.org/skin-r1/graph/draft"),
]

# What the web server itself says of an address that is longer than it reads.
TOO_LONG = b"Invalid HTTP request received."

# Without an identity provider in the settings, signing on by one is unavailable, and says so.
NO_PROVIDER = {
    "include-path-regex": "^/v1/session/oidc",
    "checks": {"not_a_server_error": {"expected-statuses": ["3xx", "4xx", 503]}},
}

# The document does not depend on data, so that each operation can be a test of its own.
document = schemathesis.openapi.from_dict(
    create_api(Settings()).openapi(),
    config=SchemathesisConfig.from_dict(
        {
            "phases": {"coverage": {"enabled": False}},
            "operations": [NO_PROVIDER],
            "dictionaries": {"words": {"values": WORDS}, "numbers": {"values": [1, 2, 3]}},
            "generation": {
                "dictionaries": {
                    "string": {"dictionary": "words", "probability": 0.5},
                    "integer": {"dictionary": "numbers", "probability": 0.5},
                }
            },
        }
    ),
)


@schemathesis.serializer("application/sparql-query")
def _as_text(_context: object, value: object) -> bytes:
    return str(value).encode("utf-8", "replace")


# Not by `document.parametrize()`: its tests all bear one name, and spread over processes only one of them would run.
OPERATIONS = [found.ok() for found in document.get_all_operations()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@given(data=st.data())
@settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_the_answers_that_are_documented(operation, data, own_service: tuple[str, str]):
    address, token = own_service
    case = data.draw(operation.as_strategy())
    answer = case.call(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
    if answer.content != TOO_LONG:
        case.validate_response(answer, checks=CHECKS)
