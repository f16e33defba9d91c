"""What roles, trust and scopes mean, in the words of the people who have them."""

from __future__ import annotations

from dataclasses import dataclass

from ..editorial.accounts.management import AccountRow
from ..editorial.accounts.rights import Scope, scopes_of
from ..editorial.actor import Actor, Role

ROLE_WORDS: dict[Role, str] = {
    "reader": "reads everything, the draft and the history too",
    "editor": "proposes edits, and says what the labels of datasets mean",
    "reviewer": "edits, accepts or declines what others propose, and publishes releases",
    "admin": "does what a reviewer does, and gives accounts to people",
}
SCOPE_WORDS: dict[Scope, str] = {
    "read": "read the knowledge",
    "report": "report labels and datasets",
    "propose": "propose edits",
    "review": "review and publish",
    "admin": "manage accounts",
}


def trust_words(actor: Actor) -> str:
    """What of their own edits waits for somebody else."""
    if not actor.may("editor"):
        return ""
    if actor.trusted:
        return (
            "You are trusted: a synonym, a corrected spelling or a reworded definition of yours is saved at once. "
            "Whatever alters the hierarchy, a condition or a differential waits for another person."
        )
    return "Every edit of yours waits for another person, who accepts or declines it."


def offered_scopes(actor: Actor) -> list[tuple[Scope, str]]:
    """What a token of theirs can be good for."""
    return [(scope, SCOPE_WORDS[scope]) for scope in scopes_of(actor.role)]


@dataclass(frozen=True)
class Person:
    """An account as the list of people shows it."""

    row: AccountRow

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def ways(self) -> str:
        """How they sign in."""
        named = (("password", self.row.password), ("single sign-on", self.row.single_sign_on))
        return " and ".join(way for way, has in named if has)

    @property
    def state(self) -> str:
        """What stands in the way of their signing in; empty for nothing."""
        if self.row.disabled:
            return "disabled"
        return "" if self.ways else "no password yet"
