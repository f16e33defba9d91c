"""Who may use which route. Written by hand: what the code says must not be the only witness of what it should say."""

from __future__ import annotations

from dataclasses import dataclass

from kg_service.editorial.accounts.rights import Scope
from kg_service.editorial.actor import Role


@dataclass(frozen=True)
class Guard:
    """What a route asks of its caller.

    Args:
        role: the lowest role that may; None where anybody may.
        scope: what a token must be good for; None where its role is enough.
        closable: open to all, unless the service wants its readers to sign in.
        session: only people in a browser's session, never a token.
    """

    role: Role | None = None
    scope: Scope | None = None
    closable: bool = False
    session: bool = False


OPEN = Guard()
READS = Guard("reader", "read", closable=True)
READER = Guard("reader", "read")
JOB = Guard("reader", "report")
EDITOR = Guard("editor", "propose")
REVIEWER = Guard("reviewer", "review")
ADMIN = Guard("admin", "admin")
ANYONE_SIGNED_IN = Guard("reader")
PERSON = Guard("reader", session=True)

_ROUTES = {
    OPEN: """
        GET /openapi.json
        GET /metrics
        GET /v1/health
        GET /v1/ready
        POST /v1/session
        GET /v1/session/oidc
        GET /v1/session/oidc/callback
        """,
    ANYONE_SIGNED_IN: """
        GET /v1/session
        DELETE /v1/session
        """,
    PERSON: """
        PUT /v1/session/password
        """,
    ADMIN: """
        GET /v1/accounts
        POST /v1/accounts
        PATCH /v1/accounts/{name}
        POST /v1/accounts/{name}/invitation
        GET /v1/accounts/{name}/tokens
        POST /v1/accounts/{name}/tokens
        DELETE /v1/accounts/{name}/tokens/{id}
        """,
    READER: """
        GET /v1/draft/concepts/{id}
        GET /v1/draft/features/{id}
        GET /v1/draft/differentials/{id}
        GET /v1/proposals
        GET /v1/proposals/{number}
        GET /v1/proposals/{number}/impact
        GET /v1/changes
        GET /v1/changes/{seq}
        GET /v1/unmapped
        """,
    EDITOR: """
        PUT /v1/draft/concepts/{id}
        PUT /v1/draft/features/{id}
        PUT /v1/draft/differentials/{id}
        DELETE /v1/draft/concepts/{id}
        DELETE /v1/draft/features/{id}
        DELETE /v1/draft/differentials/{id}
        POST /v1/proposals
        POST /v1/proposals/{number}/withdraw
        POST /v1/proposals/{number}/comments
        POST /v1/changes/{seq}/revert
        POST /v1/impact
        POST /v1/import
        POST /v1/unmapped/decisions
        POST /v1/unmapped/decisions/preview
        DELETE /v1/unmapped/decisions/{number}
        """,
    REVIEWER: """
        POST /v1/proposals/{number}/review
        POST /v1/releases
        """,
    JOB: """
        POST /v1/unmapped
        PUT /v1/datasets/{name:path}/labels
        """,
    READS: """
        GET /v1/concepts
        GET /v1/concepts/{id}
        GET /v1/concepts/{id}/ancestors
        GET /v1/concepts/{id}/descendants
        GET /v1/concepts/{id}/lineage
        GET /v1/concepts/{id}/children
        GET /v1/concepts/{id}/ddx
        GET /v1/concepts/{id}/distractors
        GET /v1/compare
        POST /v1/meet
        GET /v1/search
        GET /v1/suggest
        POST /v1/resolve
        GET /v1/features
        GET /v1/features/{id}
        GET /v1/differentials
        GET /v1/differentials/{id}
        GET /v1/crosswalks
        GET /v1/crosswalks/{dataset}
        POST /v1/score
        GET /v1/export
        GET /v1/releases
        GET /v1/releases/{id}
        GET /v1/releases/{id}/snapshot
        GET /v1/releases/{id}/nquads
        GET /v1/releases/{a}/diff/{b}
        GET /v1/releases/{id}/notes
        GET /v1/datasets
        GET /v1/datasets/{name:path}
        GET /fhir/metadata
        GET /fhir/CodeSystem/$lookup
        POST /fhir/CodeSystem/$lookup
        GET /fhir/CodeSystem/$validate-code
        POST /fhir/CodeSystem/$validate-code
        GET /fhir/CodeSystem/$subsumes
        POST /fhir/CodeSystem/$subsumes
        GET /fhir/ValueSet/$validate-code
        POST /fhir/ValueSet/$validate-code
        GET /fhir/ValueSet/$expand
        POST /fhir/ValueSet/$expand
        GET /fhir/ConceptMap/$translate
        POST /fhir/ConceptMap/$translate
        GET /sparql
        POST /sparql
        GET /concept/{id}
        GET /feature/{id}
        GET /differential/{id}
        GET /crosswalk/{id:path}
        GET /graph/release/{id}
        GET /vocab
        GET /scheme/{id}
        """,
}
ROUTES: dict[str, Guard] = {line.strip(): guard for guard, lines in _ROUTES.items() for line in lines.split("\n")}
del ROUTES[""]
