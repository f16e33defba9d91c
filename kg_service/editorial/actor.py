"""Who acts: what the use-cases need to know of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["reader", "editor", "reviewer", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or job. `trusted`: their synonyms and typos need no second person."""

    name: str
    role: Role
    trusted: bool = False

    def may(self, role: Role) -> bool:
        """Whether this role, or a higher one, is theirs."""
        return ROLES.index(self.role) >= ROLES.index(role)
