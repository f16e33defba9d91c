"""Every operation of the OpenAPI document under generated requests, good and bad, signed as an admin.

No answer is a 500, and every answer is one that the document promises: status, media type and schema.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def document(own_service: tuple[str, str]) -> schemathesis.BaseSchema:
    config = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": False}}})
    return schemathesis.openapi.from_url(f"{own_service[0]}/openapi.json", config=config)


operations = schemathesis.pytest.from_fixture("document")


@operations.parametrize()
@settings(max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_the_answers_that_are_documented(case: schemathesis.Case, own_service: tuple[str, str]):
    case.call_and_validate(headers={"Authorization": f"Bearer {own_service[1]}"}, checks=CHECKS)
