from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kg_service.editorial.accounts.tokens import signed_by_token
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..live import run
from .conftest import Service


def test_a_token_of_the_command_line_has_the_role_scopes_and_trust_asked_for(tmp_path: Path):
    asked = ("--name", "ana", "--scope", "read", "--scope", "propose", "--trusted", "--days", "2")
    made = run("admin", "token", "--data", tmp_path, "--role", "editor", *asked)
    assert (made.returncode, len(made.stdout.splitlines())) == (0, 1), made.stderr
    database = Database(Settings(data=tmp_path).url)
    signed = signed_by_token(database, made.stdout.strip(), now=datetime.now(UTC))
    database.close()
    assert signed is not None
    assert (signed.actor.name, signed.actor.role, signed.actor.trusted) == ("ana", "editor", True)
    assert signed.scopes == {"read", "propose"}


@pytest.mark.parametrize(
    "asked",
    [
        ("--role", "admin", "--name", "ana"),
        ("--role", "reader", "--scope", "admin"),
        ("--role", "reader", "--name", "a b"),
    ],
)
def test_a_token_that_may_not_be_ends_with_2_and_a_sentence(tmp_path: Path, asked: tuple[str, ...]):
    assert run("admin", "token", "--data", tmp_path, "--role", "editor", "--name", "ana").returncode == 0
    refused = run("admin", "token", "--data", tmp_path, *asked)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("config-invalid: ")


def test_an_invitation_of_the_command_line_opens_the_page(service: Service):
    made = run("admin", "invite", "--data", service.data, "--role", "reviewer", "--name", "rene")
    service.follow(made.stdout.strip(), "the password of rene").close()
    again = run("admin", "invite", "--data", service.data, "--role", "reader", "--name", "rene")
    with service.browser() as browser:
        assert "Welcome, rene" in browser.get(service.url + again.stdout.strip()).text
        assert browser.get(service.url + made.stdout.strip()).status_code == 410
