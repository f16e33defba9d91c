"""The bodies of sign-in, accounts and tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from . import Wire

RoleWord = Literal["reader", "editor", "reviewer", "admin"]
ScopeWord = Literal["read", "report", "propose", "review", "admin"]
# ASCII alone: a letter of another alphabet cannot pass for one of these, and none needs escaping in an address.
NAME = r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}"
Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
Secret = Annotated[str, StringConstraints(max_length=1_000), Field(json_schema_extra={"format": "password"})]
# Control characters would let a text pretend to be more lines than it is.
Purpose = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
MAX_TOKEN_DAYS = 3_660


class SignIn(Wire):
    """A person's name and password."""

    name: Annotated[str, StringConstraints(max_length=200)]
    password: Secret


class NewPassword(Wire):
    """The password that is, and the one that shall be: at least 10 characters, of any kind."""

    old: Secret
    new: Secret


class NewAccount(Wire):
    """Somebody to invite. `trusted`: an editor's synonyms and typos go straight through."""

    name: Name
    role: RoleWord
    trusted: bool = False


class AccountChange(Wire):
    """What to change; what is left out or null stays. An empty `subject` ends single sign-on."""

    role: RoleWord | None = None
    trusted: bool | None = None
    disabled: bool | None = None
    subject: Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None


class NewToken(Wire):
    """A bearer token to make. By default it has its account's role and all of that role's scopes, for 90 days."""

    purpose: Purpose
    role: RoleWord | None = None
    scopes: list[ScopeWord] = Field(default=[], max_length=20, description="empty: all that the role allows")
    days: int | None = Field(default=90, ge=1, le=MAX_TOKEN_DAYS, description="null: until it is revoked")


class WhoIAm(BaseModel):
    """Who the request comes from, and what they may do."""

    name: str
    role: RoleWord
    trusted: bool = Field(description="synonyms and typos of theirs need no second person")
    scopes: list[ScopeWord]
    by: Literal["session", "token"]


class AccountInfo(BaseModel):
    """Somebody who may act. `password` and `single_sign_on` say whether they can sign in that way."""

    name: str
    role: RoleWord
    trusted: bool
    disabled: bool
    password: bool
    single_sign_on: bool
    created: str = Field(description="ISO 8601, UTC")


class AccountList(BaseModel):
    """All accounts by name."""

    items: list[AccountInfo]


class InvitationInfo(BaseModel):
    """A one-time link with which somebody sets a password. It is shown once."""

    account: str
    link: str = Field(description="address of the page, below this service's own")
    expires: str = Field(description="ISO 8601, UTC")


class NewAccountInfo(BaseModel):
    """A new account, and the link to give to its owner."""

    account: AccountInfo
    invitation: InvitationInfo


class TokenInfo(BaseModel):
    """A bearer token without its secret."""

    id: str = Field(description="names the token; it signs nobody in")
    purpose: str
    role: RoleWord
    scopes: list[ScopeWord]
    created: str
    expires: str | None
    used: str | None = Field(description="when last, to the minute")


class TokenList(BaseModel):
    """The tokens of an account that were not revoked, the newest first."""

    items: list[TokenInfo]


class NewTokenInfo(BaseModel):
    """A new token. `secret` is what goes after `Authorization: Bearer`; it is shown once and kept as a hash."""

    token: TokenInfo
    secret: str
