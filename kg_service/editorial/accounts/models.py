"""The tables of accounts. Whatever opens a door is kept as a hash: a copy of the database signs nobody in.

The defaults that the database itself knows are those of columns that came after the first published schema.
"""

from __future__ import annotations

from sqlalchemy import false
from sqlmodel import Field

from ..models import Table


class Account(Table, table=True):
    """Somebody who may act. `password` is a hash, empty for an account that only has tokens or single sign-on."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    password: str = ""
    created: str
    disabled: bool = False
    trusted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    subject: str | None = Field(default=None, unique=True, description="who the identity provider says it is")


class Token(Table, table=True):
    """A bearer token of an account. Only the sha256 of its 256 random bits is kept."""

    hash: str = Field(primary_key=True)
    account: int = Field(foreign_key="account.id", index=True)
    role: str
    created: str
    expires: str | None = None
    revoked: str | None = None
    scopes: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="empty: all of the role")
    purpose: str = Field(default="", sa_column_kwargs={"server_default": ""})
    used: str | None = Field(default=None, description="when last, to the minute")


class BrowserSession(Table, table=True):
    """A person's signed-in browser, until it signs out, rests for too long, or the day is over."""

    hash: str = Field(primary_key=True)
    account: int = Field(foreign_key="account.id", index=True)
    created: str
    seen: str
    expires: str


class Invitation(Table, table=True):
    """A one-time link to set a password. Without an account it is the first admin's, who chooses a name as well."""

    hash: str = Field(primary_key=True)
    account: int | None = Field(default=None, foreign_key="account.id", index=True)
    expires: str


class Attempt(Table, table=True):
    """A sign-in that failed, or is still being checked; or that an account has been used from an address before."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    address: str = Field(index=True)
    at: str = Field(index=True)
    failed: bool
