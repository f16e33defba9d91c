from __future__ import annotations

from datetime import timedelta

import pytest

from kg_service.core.errors import Forbidden, UnknownAccount
from kg_service.editorial.accounts.management import change_account, create_account
from kg_service.editorial.accounts.sessions import note_use
from kg_service.editorial.accounts.tokens import issue_token, list_tokens, make_token, revoke_token, signed_by_token
from kg_service.editorial.actor import Actor
from kg_service.editorial.database import Database

from .conftest import BOTH_DATABASES, NOW

pytestmark = BOTH_DATABASES


def test_a_token_speaks_for_its_account(database: Database):
    token = issue_token(database, "editor", name="ana", now=NOW)
    signed = signed_by_token(database, token, now=NOW)
    assert signed is not None
    assert signed.actor == Actor("ana", "editor", trusted=False)
    assert signed.scopes == {"read", "report", "propose"}
    assert signed_by_token(database, token + "x", now=NOW) is None
    assert signed_by_token(database, "", now=NOW) is None


def test_a_token_ends_at_its_expiry_and_not_before(database: Database):
    token = issue_token(database, "reader", name="job", now=NOW, lifetime=timedelta(days=1))
    assert signed_by_token(database, token, now=NOW + timedelta(hours=23))
    assert signed_by_token(database, token, now=NOW + timedelta(hours=24)) is None


def test_a_revoked_token_ends_at_once_and_the_others_go_on(database: Database):
    create_account(database, "ana", "editor", trusted=False, now=NOW)
    gone, row = make_token(database, "ana", now=NOW)
    stays, _ = make_token(database, "ana", now=NOW)
    revoke_token(database, "ana", row.id, now=NOW)
    assert signed_by_token(database, gone, now=NOW) is None
    assert signed_by_token(database, stays, now=NOW)
    with pytest.raises(UnknownAccount):
        revoke_token(database, "ana", row.id, now=NOW)


@pytest.mark.parametrize("id_", ["", "%", "0", "0" * 16, "\x00" * 16, "f" * 64])
def test_a_token_id_that_is_none_revokes_nothing(database: Database, id_: str):
    create_account(database, "ana", "editor", trusted=False, now=NOW)
    token, _ = make_token(database, "ana", now=NOW)
    with pytest.raises(UnknownAccount):
        revoke_token(database, "ana", id_, now=NOW)
    assert signed_by_token(database, token, now=NOW)


def test_a_token_never_has_more_than_its_account(database: Database):
    create_account(database, "ana", "editor", trusted=False, now=NOW)
    with pytest.raises(Forbidden, match="ana is editor"):
        make_token(database, "ana", role="reviewer", now=NOW)
    with pytest.raises(Forbidden, match="review"):
        make_token(database, "ana", scopes=["review"], now=NOW)


def test_a_token_sinks_with_its_account(database: Database):
    create_account(database, "ana", "reviewer", trusted=False, now=NOW)
    token, _ = make_token(database, "ana", now=NOW)
    change_account(database, "ana", role="reader", now=NOW)
    signed = signed_by_token(database, token, now=NOW)
    assert signed is not None
    assert signed.actor == Actor("ana", "reader", trusted=False)
    assert signed.scopes == {"read", "report"}


def test_a_token_with_fewer_scopes_is_refused_the_others(database: Database):
    create_account(database, "ana", "admin", trusted=False, now=NOW)
    token, _ = make_token(database, "ana", scopes=["report"], now=NOW)
    signed = signed_by_token(database, token, now=NOW)
    assert signed is not None
    assert signed.need("reader", "report").name == "ana"
    with pytest.raises(Forbidden, match="scope read"):
        signed.need("reader", "read")


def test_a_disabled_account_loses_its_tokens_for_good(database: Database):
    issue_token(database, "admin", name="ada", now=NOW)
    token = issue_token(database, "editor", name="ana", now=NOW)
    change_account(database, "ana", disabled=True, now=NOW)
    assert signed_by_token(database, token, now=NOW) is None
    with pytest.raises(Forbidden, match="disabled"):
        issue_token(database, "editor", name="ana", now=NOW)
    change_account(database, "ana", disabled=False, now=NOW)
    assert signed_by_token(database, token, now=NOW) is None


def test_the_last_use_is_noted_once_a_minute(database: Database):
    create_account(database, "ana", "reader", trusted=False, now=NOW)
    token, _ = make_token(database, "ana", now=NOW)
    first = signed_by_token(database, token, now=NOW)
    assert first is not None
    assert first.unnoted
    note_use(database, first, now=NOW)
    again = signed_by_token(database, token, now=NOW + timedelta(seconds=59))
    later = signed_by_token(database, token, now=NOW + timedelta(seconds=60))
    assert again is not None
    assert later is not None
    assert (again.unnoted, later.unnoted) == (False, True)
    assert [row.used for row in list_tokens(database, "ana")] == ["2026-01-02T03:04:05Z"]


def test_reviewers_are_trusted_and_editors_where_it_is_said(database: Database):
    def trusted(token: str) -> bool:
        signed = signed_by_token(database, token, now=NOW)
        assert signed is not None
        return signed.actor.trusted

    assert trusted(issue_token(database, "reviewer", name="rita", now=NOW))
    assert not trusted(issue_token(database, "editor", name="ed", now=NOW))
    assert trusted(issue_token(database, "editor", name="ana", now=NOW, trusted=True))
