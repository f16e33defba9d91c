"""What a stranger may send without hurting the service: heads, bodies and names that are made to be too much."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from kg_service.api import connection
from kg_service.api.routes import health

from ..live import serving
from ..patience import PATIENCE
from .test_manners import expect_problem


@pytest.fixture
def stranger(url: str) -> Iterator[socket.socket]:
    """A connection without a word said."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as opened:
        yield opened


def heard(opened: socket.socket) -> bytes:
    """What the service says until it closes the connection."""
    said = b""
    try:
        while part := opened.recv(1 << 16):
            said += part
    except ConnectionResetError:
        pass  # it did not wait for the rest
    return said


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET /v1/health?", b"a" * 4096),
        (b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a" * 4096),
        (b"GET /v1/health HTTP/1.1\r\nHost: x\r\n", b"X-Many: a\r\n" * 400),
        (
            b"POST /v1/meet HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
            b"X-Trailer: a\r\n" * 300,
        ),
    ],
)
def test_a_head_without_end_is_not_read_to_its_end(stranger: socket.socket, begin: bytes, more: bytes):
    endless = 64 << 20
    stranger.sendall(begin)
    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        stranger.sendall(more * (endless // len(more)))


def test_a_long_head_and_a_large_body_are_read(url: str):
    assert httpx.get(f"{url}/v1/health", headers={"X-Long": "a" * 50_000}).status_code == 200
    labels = ["melanoma" + " " * 900] * 2_000
    assert httpx.post(f"{url}/v1/resolve", json={"labels": labels}).status_code == 200


@pytest.mark.parametrize("begun", [b"", b"GET /v1/health HTTP/1.1\r\nHost: x\r\n"])
def test_who_does_not_finish_a_head_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    with serving(tmp_path) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as opened:
            opened.sendall(begun)
            assert heard(opened) == b""


def test_a_defect_of_ours_has_the_headers_of_every_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def defect(_value: object) -> bytes:
        raise AssertionError("the password is swordfish")

    monkeypatch.setattr(health, "to_json", defect)
    with serving(tmp_path) as url:
        answer = httpx.get(f"{url}/v1/health")
    expect_problem(answer, 500, "skin-r1-error")
    assert "swordfish" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("x-request-id") == [answer.json()["request"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/resolve", '{"labels": [' + ",".join(["1"] * 200_000) + "]}"),
        ("/score", '{"golds": ["melanoma"], "options": [' + ",".join(["[1]"] * 200_000) + "]}"),
        ("/resolve", '{"labels": [], ' + ",".join(f'"k{n}": 1' for n in range(20_000)) + "}"),
    ],
)
def test_a_body_of_errors_is_not_answered_with_all_of_them(http: httpx.Client, path: str, body: str):
    answer = http.post(path, content=body)
    expect_problem(answer, 422, "request-invalid")
    assert len(answer.content) < 10_000


def test_a_proposals_number_has_an_end(http: httpx.Client):
    expect_problem(http.get(f"/releases/1/diff/proposal-{'9' * 5_000}"), 404, "unknown-release")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_nul_in_an_address_is_no_defect(request: pytest.FixtureRequest, tmp_path: Path, database: str):
    database_url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    with serving(tmp_path, database_url=database_url) as url:
        for path in ("/v1/concepts?release=%00", "/v1/releases/a%00b", "/scheme/%00?release=%00"):
            assert httpx.get(url + path).status_code in (404, 422)
        form = {"query": "ASK {}", "default-graph-uri": "https://w3id.org/skin-r1/graph/release/\0"}
        assert httpx.post(f"{url}/sparql", data=form).status_code in (400, 422)


def test_no_page_of_ours_loads_anything_from_elsewhere(url: str):
    for path, status in (("/docs", 200), ("/redoc", 404), ("/nowhere", 404)):
        answer = httpx.get(url + path)
        assert answer.status_code == status
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)
