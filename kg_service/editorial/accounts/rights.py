"""What a role may do, in scopes: a token is given some of them, a person has all of their role's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from ...core.errors import Forbidden
from ...wire.accounts import ScopeWord
from ..actor import ROLES, Actor, Role

Scope = ScopeWord
# A use is not written down more often: every writer waits for the others.
USE_NOTED_EVERY = timedelta(minutes=1)
SCOPES: tuple[Scope, ...] = get_args(Scope)

_FIRST_ROLE: dict[Scope, Role] = {
    "read": "reader",
    "report": "reader",
    "propose": "editor",
    "review": "reviewer",
    "admin": "admin",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """Who a request comes from, by a bearer token or a browser's session: one of the two hashes is empty.

    `unnoted`: its last use, as the database has it, is more than a minute ago.
    """

    actor: Actor
    scopes: frozenset[Scope]
    token: str = ""
    session: str = ""
    unnoted: bool = False

    def need(self, role: Role, scope: Scope | None) -> Actor:
        """The actor, who has this role and this scope.

        Raises:
            Forbidden: one of them is missing.
        """
        if not self.actor.may(role):
            raise Forbidden(f"this takes the role {role}; {self.actor.name} is signed in as {self.actor.role}")
        if scope is not None and scope not in self.scopes:
            raise Forbidden(f"this takes a token with the scope {scope}")
        return self.actor


def lower(a: Role, b: Role) -> Role:
    """The one of two roles that may do less."""
    return a if ROLES.index(a) < ROLES.index(b) else b


def scopes_of(role: Role) -> tuple[Scope, ...]:
    """All scopes that a role allows."""
    return tuple(scope for scope in SCOPES if ROLES.index(_FIRST_ROLE[scope]) <= ROLES.index(role))


def checked_scopes(scopes: Iterable[str], role: Role) -> tuple[Scope, ...]:
    """Asked-for scopes in their one order.

    Raises:
        Forbidden: the role does not allow one of them, or there is no such scope.
    """
    asked, allowed = set(scopes), scopes_of(role)
    if beyond := sorted(asked - set(allowed)):
        raise Forbidden(f"a token with the role {role} cannot have the scope {', '.join(beyond)}")
    return tuple(scope for scope in allowed if scope in asked)


def is_trusted(role: Role, trusted: bool) -> bool:
    """Reviewers and admins are trusted by their role; others where an admin says so."""
    return trusted or ROLES.index(role) >= ROLES.index("reviewer")
