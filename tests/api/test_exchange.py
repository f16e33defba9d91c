"""Branches out and back in over HTTP: who may, what is proposed, and that no file is a server's error."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from kg_service.api.routes import exchange
from kg_service.editorial.accounts.tokens import issue_token, make_token
from kg_service.editorial.database import Database
from kg_service.exchange.formats import EDITORS, FORMATS
from kg_service.service import create_app
from kg_service.settings import Settings
from kg_service.wire.imports import ImportMade, ImportPlan

from ..exchange.books import book, opened, saved
from ..live import MINI

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEW = (
    "prefLabel,condition,parents\n"
    "Spitz nevus,benign,melanocytic nevus\n"
    "odd lesion,borderline,neoplasm\n"
)  # fmt: skip


@dataclass(frozen=True)
class Service:
    client: TestClient
    tokens: dict[str, str]

    def get(self, path: str, **params: object) -> httpx.Response:
        return self.client.get(f"/v1/{path}", params=params)

    def bring(self, payload: bytes | str, by: str = "editor", **params: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[by]}"} if by else {}
        content = payload.encode() if isinstance(payload, str) else payload
        return self.client.post("/v1/import", content=content, params=params, headers=headers)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(data=tmp_path / "data", ontologies=MINI)
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        database = Database(settings.url)
        roles = ("reader", "editor", "reviewer")
        tokens = {role: issue_token(database, role, name=f"the-{role}", now=NOW) for role in roles}
        tokens["looker"], _ = make_token(database, "the-editor", now=NOW, scopes=["read"])
        database.close()
        yield Service(client, tokens)


def test_the_routes_name_every_format_with_its_media_type():
    assert {name: (one.media_type, one.suffix) for name, one in FORMATS.items()} == exchange.MEDIA_TYPES


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_exported_whole_and_by_branch(service, name):
    whole, part = service.get("export", format=name), service.get("export", format=name, under="melanoma")
    assert whole.status_code == part.status_code == 200
    assert part.headers["content-type"] == FORMATS[name].media_type
    assert part.headers["content-disposition"] == f'attachment; filename="skin-r1-1-melanoma{FORMATS[name].suffix}"'
    assert len(part.content) < len(whole.content)
    if name != "xlsx":
        assert "nodular" in part.text
        assert "psoriasis" in whole.text


def test_an_export_has_a_tag_that_says_when_nothing_has_changed(service):
    first = service.get("export", format="xlsx")
    again = service.client.get("/v1/export", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_export_of_nothing_we_know_is_a_problem(service):
    assert service.get("export", under="nobody").json()["code"] == "unknown-concept"
    assert service.get("export", format="docx").status_code == 422
    assert service.get("export", release="99").json()["code"] == "unknown-release"


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize("under", ["", "melanocytic-neoplasm"])
def test_an_untouched_export_imports_as_no_change(service, name, under):
    payload = service.get("export", format=name, under=under, release="draft").content
    found = service.bring(payload, format=name, mode="edit")
    assert found.status_code == 200, found.text
    body = found.json()
    assert (body["changes"], body["findings"], body["sentences"]) == ([], [], [])
    assert body["unchanged"] == body["counts"]["unchanged"] == body["counts"]["rows"] > 3
    refused = service.bring(payload, format=name, mode="edit", dry_run=False)
    assert refused.json()["code"] == "nothing-changed"


def test_only_editors_import(service):
    assert service.bring(NEW, by="", format="csv").status_code == 401
    assert service.bring(NEW, by="reader", format="csv").status_code == 403
    assert service.bring(NEW, by="looker", format="csv").status_code == 403
    assert service.bring(NEW, by="reviewer", format="csv").status_code == 200


def test_a_dry_run_says_what_would_change_and_proposes_nothing(service):
    found = service.bring(NEW, format="csv", source="our clinic")
    body = found.json()
    ImportPlan.model_validate(body, extra="forbid")
    assert body["counts"] == {"rows": 2, "changes": 1, "unchanged": 0, "findings": 1}
    assert body["changes"][0]["change"] == "put-concept"
    assert body["changes"][0]["concept"]["source"] == "our clinic"
    assert body["findings"][0].startswith("import.csv, row 3 (odd lesion): the condition 'borderline'")
    assert not proposals(service)


def test_with_findings_nothing_is_proposed_unless_the_rest_is_asked_for(service):
    refused = service.bring(NEW, format="csv", dry_run=False)
    assert (refused.status_code, refused.json()["code"]) == (422, "knowledge-invalid")
    assert "row 3" in refused.json()["findings"][0]
    assert not proposals(service)
    made = service.bring(NEW, format="csv", dry_run=False, partial=True, message="what our clinic sees")
    assert made.status_code == 201, made.text
    ImportMade.model_validate(made.json(), extra="forbid")
    proposal = made.json()["proposal"]
    assert made.headers["location"] == f"/v1/proposals/{proposal['number']}"
    assert (proposal["author"], proposal["state"]) == ("the-editor", "in-review")
    assert proposal["message"] == "what our clinic sees"
    seen = service.get("concepts/spitz-nevus", release=f"proposal-{proposal['number']}").json()
    assert seen["parents"] == ["melanocytic-nevus"]


def proposals(service: Service) -> list[object]:
    headers = {"Authorization": f"Bearer {service.tokens['reader']}"}
    return service.client.get("/v1/proposals", headers=headers).json()["items"]


def test_a_workbook_edited_by_hand_becomes_one_proposal_that_can_be_accepted(service):
    exported = service.get("export", under="melanocytic-nevus", release="draft")
    made = opened(exported.content)
    concepts = made["Concepts"]
    rows = {row[0].value: row for row in concepts.iter_rows(min_row=2)}
    rows["blue-nevus"][4].value = "nevus of Jadassohn"
    rows["blue-nevus"][6].value = "A nevus deep in the dermis."
    concepts.append(["", "Spitz nevus", "benign", "melanocytic-nevus"])
    made["Features"].append(["Spitz nevus", "pigment network", "absent"])
    made["Crosswalk"].append(["ham10000", "spitz", "Spitz nevus"])
    found = service.bring(
        saved(made).payload, format="xlsx", mode="edit", dry_run=False, base=exported.headers["kg-seq"]
    )
    assert found.status_code == 201, found.text
    assert sorted(change.partition(" ")[0] for change in found.json()["sentences"]) == [
        "add", "blue-nevus", "describe", "read",
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {service.tokens['reviewer']}"}
    number = found.json()["proposal"]["number"]
    accepted = service.client.post(f"/v1/proposals/{number}/review", json={"verdict": "accept"}, headers=headers)
    assert accepted.json()["state"] == "accepted", accepted.text
    spitz = service.get("concepts/spitz-nevus", release="draft").json()
    assert {"feature": "pigment-network", "polarity": "absent", "from": "spitz-nevus"} in spitz["features"]
    again = service.bring(saved(made).payload, format="xlsx", mode="edit").json()
    assert again["changes"] == []
    [finding] = again["findings"]
    assert finding.startswith("import.xlsx, sheet Concepts, row 5 (Spitz nevus): column id: ")
    assert "is spitz-nevus already (preferred); give the row this id to edit it" in finding


def test_an_edit_of_what_others_have_edited_since_the_export_is_stale(service):
    seq = service.get("export").headers["kg-seq"]
    row = "id,definition\nmelanoma,{}\n"
    first = service.bring(row.format("one"), format="csv", mode="edit", dry_run=False).json()["proposal"]["number"]
    headers = {"Authorization": f"Bearer {service.tokens['reviewer']}"}
    service.client.post(f"/v1/proposals/{first}/review", json={"verdict": "accept"}, headers=headers)
    late = service.bring(row.format("two"), format="csv", mode="edit", dry_run=False, base=seq)
    assert (late.status_code, late.json()["code"]) == (412, "stale")


def test_a_file_may_come_as_a_part_of_a_form(service):
    headers = {"Authorization": f"Bearer {service.tokens['editor']}"}

    def send(**files: tuple[str, bytes]) -> httpx.Response:
        return service.client.post("/v1/import", params={"format": "csv"}, headers=headers, files=files)

    assert (
        send(file=("C:\\lists\\our <list>.csv", NEW.encode())).json()["findings"][0].startswith("our <list>.csv, row 3")
    )
    assert send(other=("a.csv", NEW.encode())).json()["code"] == "request-invalid"
    broken = service.client.post("/v1/import", params={"format": "csv"}, content=b"--x\r\nnonsense",
                                 headers=headers | {"Content-Type": "multipart/form-data; boundary=x"})  # fmt: skip
    assert broken.json()["code"] == "request-invalid"
    bare = service.client.post("/v1/import", params={"format": "csv"}, content=b"x",
                               headers=headers | {"Content-Type": "multipart/form-data"})  # fmt: skip
    assert bare.json()["code"] == "request-invalid"


def test_an_import_of_too_much_or_nothing_is_refused(service, monkeypatch):
    assert service.bring(b"", format="csv").json()["code"] == "request-invalid"
    monkeypatch.setattr(exchange, "MAX_IMPORT_BYTES", 10)
    refused = service.bring(NEW, format="csv")
    assert (refused.status_code, refused.json()["code"]) == (413, "request-too-large")


def test_what_no_proposal_may_hold_is_a_finding_or_a_refusal(service):
    long = service.bring(f"prefLabel,condition\n{'x' * 600},benign\n", format="csv").json()
    assert "more than 500 letters" in long["findings"][0]
    label = book({"Crosswalk": [["dataset", "label", "concepts"], ["a", "b\u2028c", "melanoma"]]})
    assert service.bring(label.payload, format="xlsx", mode="edit").status_code in (200, 422)


def test_a_wrong_under_and_a_wrong_mode_are_problems(service):
    assert service.bring(NEW, format="csv", under="nobody").status_code == 422
    assert service.bring(NEW, format="csv", mode="replace").status_code == 422
    assert service.bring(NEW, format="obo").status_code == 422
    assert service.bring(NEW).status_code == 422


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize("mode", ["add", "edit"])
def test_no_damaged_file_is_an_error_of_the_server(service, name, mode):
    sound, draw = service.get("export", format=name).content, random.Random(f"{name} {mode}")
    for _ in range(25):
        payload = bytearray(sound)
        if draw.random() < 0.4:
            del payload[draw.randrange(len(payload)) :]
        for _ in range(draw.randint(0, 6)):
            if payload:
                payload[draw.randrange(len(payload))] ^= 1 << draw.randrange(8)
        found = service.bring(bytes(payload), format=name, mode=mode)
        assert found.status_code in (200, 413, 422), found.text
