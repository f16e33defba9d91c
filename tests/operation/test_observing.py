"""What an operator sees: logs that name no secret, numbers that add up, readiness that tells the truth."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from kg_service.editorial.database import Database

from ..live import MINI, run, serving, spawn
from ..patience import PATIENCE, eventually


@contextmanager
def logged_service(data: Path, *arguments: str) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A service with a JSON log; the list holds the log's lines once the block has ended."""
    process = spawn("serve", "--port", "0", "--data", data, "--ontologies", MINI, "--log-format", "json", *arguments)
    assert process.stderr is not None
    lines: list[str] = []
    try:
        for line in process.stderr:
            lines.append(line)
            if json.loads(line)["event"] == "ready":
                break
        with httpx.Client(base_url=json.loads(lines[-1])["url"]) as client:
            yield client, lines
    finally:
        process.terminate()
        lines += process.communicate(timeout=PATIENCE)[1].splitlines()
        assert process.returncode == 0


def samples(exposition: str) -> dict[str, float]:
    found = (line.rsplit(" ", 1) for line in exposition.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in found}


def test_each_request_is_one_json_line_and_no_secret_is_in_it(tmp_path: Path):
    token = run("admin", "token", "--data", tmp_path, "--role", "editor", "--name", "ana").stdout.strip()
    secret = "swordfish-swordfish"
    with logged_service(tmp_path) as (http, lines):
        http.get("/v1/concepts/melanoma?release=latest", headers={"Authorization": f"Bearer {token}"})
        http.get(f"/first?code={secret}")
        http.post("/v1/session", json={"name": "ana", "password": secret})
        http.get("/v1/session", headers={"Authorization": f"Bearer {token}"})
        http.get("/v1/session", headers={"Authorization": f"Bearer {secret}", "Cookie": f"session={secret}"})
        http.post("/v1/resolve", content=secret)
        assert http.get(f"/{secret}").status_code == 404
        http.get("/v1/health")
    whole = "".join(lines)
    assert token not in whole
    assert secret not in whole
    requests = [entry for entry in map(json.loads, lines) if entry["event"] == "request"]
    assert [entry["route"] for entry in requests] == [
        "/v1/concepts/{id}", "/first", "/v1/session", "/v1/session", "/v1/session", "/v1/resolve", "",
    ]  # fmt: skip
    assert requests[0]["status"] == 200
    assert requests[3]["actor"] == "ana"
    assert {"request", "method", "ms", "timestamp", "level", "logger"} <= requests[0].keys()


def test_an_answer_names_its_request_and_keeps_a_well_formed_name_of_the_caller(tmp_path: Path):
    with serving(tmp_path) as url:
        assert httpx.get(f"{url}/v1/health", headers={"X-Request-ID": "from.proxy-7"}).headers["x-request-id"] == (
            "from.proxy-7"
        )
        made = [httpx.get(f"{url}/v1/health").headers["x-request-id"] for _ in range(2)]
        assert made[0] != made[1]
        hostile = {"X-Request-ID": "a b\tc" + "x" * 100}
        assert len(httpx.get(f"{url}/v1/health", headers=hostile).headers["x-request-id"]) == 16


def test_metrics_count_requests_by_template_and_say_how_the_data_stands(tmp_path: Path):
    with serving(tmp_path) as url:
        for path in ("concepts/melanoma", "concepts/psoriasis", "concepts/none"):
            httpx.get(f"{url}/v1/{path}")
        httpx.request("BREW", f"{url}/v1/concepts/melanoma")
        answer = httpx.get(f"{url}/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        found = samples(answer.text)
    route = 'method="GET",route="/v1/concepts/{id}"'
    assert found[f'skin_r1_requests_total{{{route},status="200"}}'] == 2
    assert found[f'skin_r1_requests_total{{{route},status="404"}}'] == 1
    assert found['skin_r1_request_seconds_count{route="/v1/concepts/{id}"}'] >= 3
    assert (found["skin_r1_seq"], found["skin_r1_release_seq"], found["skin_r1_edits_accepted_total"]) == (1, 1, 0)
    assert found["skin_r1_database_up"] == 1
    assert found['skin_r1_proposals{state="in-review"}'] == 0
    assert not [name for name in found if "melanoma" in name or "BREW" in name]


def test_several_workers_are_counted_together(tmp_path: Path):
    with logged_service(tmp_path, "--workers", "2") as (http, _):
        for _ in range(20):  # without keep-alive, so that both workers get some
            assert httpx.get(f"{http.base_url}/v1/concepts/melanoma").status_code == 200

        def asked() -> dict[str, float]:
            return samples(httpx.get(f"{http.base_url}/metrics").text)

        concepts = 'skin_r1_requests_total{method="GET",route="/v1/concepts/{id}",status="200"}'
        eventually(lambda: asked().get(concepts, 0) >= 20)  # each is counted a moment after its answer
        for _ in range(3):
            found = asked()
            assert found[concepts] == 20
            assert found["skin_r1_seq"] == 1
    assert not [name for name in os.environ if name.startswith("PROMETHEUS")]


@pytest.mark.parametrize(
    ("damage", "code"),
    [("UPDATE alembic_version SET version_num = '9999'", "schema-mismatch"),
     ("UPDATE alembic_version SET version_num = '0001'", "schema-mismatch")],
)  # fmt: skip
def test_a_service_whose_tables_are_not_its_own_is_alive_but_not_ready(tmp_path: Path, damage: str, code: str):
    with serving(tmp_path) as url:
        ready = httpx.get(f"{url}/v1/ready")
        assert (ready.status_code, ready.json()["release"], ready.json()["behind"]) == (200, "1", 0)
        database = Database(f"sqlite:///{tmp_path}/skin.db")
        with database.writing() as session:
            session.connection().execute(text(damage))
        database.close()
        answer = httpx.get(f"{url}/v1/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert httpx.get(f"{url}/v1/health").status_code == 200
