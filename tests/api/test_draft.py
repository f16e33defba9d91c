"""Reading and writing back one item of the draft: what If-Match lets through, and what a reason may be."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ..live import serving
from ..services import Place


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    place = Place(tmp_path_factory.mktemp("data"))
    with serving(place.data) as url:
        signed = {"Authorization": f"Bearer {place.token('editor', 'ed')}"}
        with httpx.Client(base_url=f"{url}/v1", headers=signed) as client:
            yield client


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        (None, 428),
        ('"1"', 202),
        ("*", 202),
        ('"7", "1"', 202),
        ('"1-0123456789abcdef"', 202),  # of GET /v1/concepts/{id}
        ('"1a7c55ee"', 412),  # of a release whose digest begins with the number
        ('"2"', 412),
        ("1", 412),
        ("", 412),
    ],
)
def test_only_the_tag_of_what_stands_lets_an_edit_through(editor: httpx.Client, tag: str | None, status: int):
    body = editor.get("/draft/concepts/blue-nevus").json()
    edit = {"concept": {**body, "altLabels": ["blue mole"]}, "message": "a synonym"}
    headers = {} if tag is None else {"If-Match": tag}
    assert editor.put("/draft/concepts/blue-nevus", json=edit, headers=headers).status_code == status


@pytest.mark.parametrize("message", ["too fine\nfor photographs", "because " * 500])
def test_a_concept_is_retired_for_as_long_a_reason_as_it_takes(editor: httpx.Client, message: str):
    asked = {"message": message, "replaced_by": "superficial-spreading-melanoma"}
    made = editor.delete("/draft/concepts/nodular-melanoma", params=asked, headers={"If-Match": "*"})
    assert (made.status_code, made.json()["message"]) == (202, message), made.text


def test_what_replaces_a_concept_is_named_by_an_id(editor: httpx.Client):
    asked = {"message": "m", "replaced_by": "a b"}
    refused = editor.delete("/draft/concepts/nodular-melanoma", params=asked, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")
