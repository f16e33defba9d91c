"""`KG-Seq` is what an author may send back as `base`: it must not promise more than the answer shows."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kg_service.api.app import SeqHeader


@pytest.mark.parametrize(("method", "expected"), [("GET", "10"), ("HEAD", "10"), ("POST", "11"), ("PUT", "11")])
def test_a_read_never_claims_an_edit_that_came_while_it_was_answered(method: str, expected: str):
    views = SimpleNamespace(seq=10)
    sent: list[dict] = []

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        views.seq = 11  # by a read, somebody else's edit; by a write, its own
        await Response(b"")(scope, receive, send)

    async def send(message) -> None:
        sent.append(message)

    middleware = SeqHeader(answering, SimpleNamespace(state=SimpleNamespace(views=views)))  # type: ignore[arg-type]
    asyncio.run(middleware({"type": "http", "method": method, "path": "/"}, None, send))  # type: ignore[arg-type]
    assert dict(sent[0]["headers"])[b"kg-seq"].decode() == expected
