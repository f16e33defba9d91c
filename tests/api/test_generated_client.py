"""A client generated from /openapi.json is a working client."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from kg_service.core.knowledge import Knowledge

from ..mini import reply
from ..patience import PATIENCE

PACKAGE = "generated_for_skin_r1"
# The generator does not know these media types by itself, and needs no formatter.
CONFIG = {
    "content_type_overrides": {
        "application/sparql-query": "application/octet-stream",
        "application/n-quads": "text/plain",
    },
    "post_hooks": [],
}


@pytest.fixture(scope="module")
def generated(own_service: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--config", str(config)),
            *("--url", f"{own_service[0]}/openapi.json", "--output-path", str(folder / PACKAGE)),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def client(own_service: tuple[str, str], generated: ModuleType) -> Any:
    return generated.AuthenticatedClient(base_url=own_service[0], token=own_service[1])


def call(tag: str, operation: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


def test_health_names_the_release(client: Any, knowledge: Knowledge):
    found = call("health", "get_health").sync(client=client)
    assert (found.status, found.digest) == ("ok", knowledge.digest)


def test_a_concept_comes_as_a_typed_value(client: Any):
    found = call("concepts", "get_concept").sync("melanoma", client=client)
    assert isinstance(found, model("Concept"))
    assert (found.pref_label, found.level, found.condition) == ("melanoma", 3, "malignant")
    assert found.features[0].from_ == "melanoma"


def test_an_unknown_concept_is_a_typed_problem(client: Any):
    answer = call("concepts", "get_concept").sync_detailed("no-such", client=client)
    assert answer.status_code == 404
    assert (answer.parsed.code, answer.parsed.status) == ("unknown-concept", 404)


def test_pages_are_followed_by_their_cursor(client: Any, knowledge: Knowledge):
    get = call("concepts", "get_concepts").sync
    page = get(client=client, limit=5)
    seen = [concept.id for concept in page.items]
    while page.next_ is not None:
        page = get(client=client, limit=5, cursor=page.next_)
        seen += [concept.id for concept in page.items]
    assert seen == list(knowledge.concepts)


def test_labels_resolve(client: Any):
    asked = model("ResolveRequest")(labels=["rodent ulcer", "MM"])
    found = call("labels", "resolve").sync(client=client, body=asked)
    assert [row.status for row in found.results] == ["resolved", "ambiguous"]
    assert found.results[0].concepts == ["basal-cell-carcinoma"]


def test_replies_are_scored(client: Any):
    asked = model("ScoreRequest")(replies=[reply("melanoma"), "no tags"], golds=["SSM", "SSM"])
    found = call("reward", "score").sync(client=client, body=asked)
    assert found.granularity == [0.5625, 0.0]
    assert found.malformed == [None, "missing-tag"]


def test_fhir_answers(client: Any):
    found = call("fhir", "get_codesystem_subsumes").sync(client=client, code_a="neoplasm", code_b="melanoma")
    assert found.parameter[0].value_code == "subsumes"


def test_a_proposal_is_made_seen_and_withdrawn(client: Any):
    rename = model("Rename")(change="rename", concept="blue-nevus", label="blue naevus of Jadassohn-Tieche")
    asked = model("ProposalRequest")(changes=[rename], message="the name our clinic uses")
    made = call("editing", "propose").sync(client=client, body=asked)
    assert (made.state, made.author) == ("in-review", "admin")
    seen = call("editing", "get_proposal").sync(made.number, client=client)
    assert [change.additional_properties["concept"] for change in seen.changes] == ["blue-nevus"]
    labels = {
        view: call("concepts", "get_concept").sync("blue-nevus", client=client, release=view).pref_label
        for view in ("latest", f"proposal-{made.number}")
    }
    assert labels == {"latest": "blue nevus", f"proposal-{made.number}": "blue naevus of Jadassohn-Tieche"}
    call("editing", "withdraw_proposal").sync(made.number, client=client)
    assert call("editing", "get_proposal").sync(made.number, client=client).state == "withdrawn"


def test_every_operation_of_the_document_can_be_imported(own_service: tuple[str, str], generated: ModuleType):
    document = httpx.get(f"{own_service[0]}/openapi.json").json()
    for methods in document["paths"].values():
        for operation in methods.values():
            assert call(operation["tags"][0].replace("-", "_"), operation["operationId"]).sync_detailed
