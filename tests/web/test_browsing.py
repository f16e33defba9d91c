"""The pages of S1 as the server answers them, without a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kg_service.editorial.inbox import datasets
from kg_service.service import create_app
from kg_service.settings import Settings

from ..live import MINI
from .materials import write_run

RETIRED = """
@prefix skr: <https://w3id.org/skin-r1/vocab#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix concept: <https://w3id.org/skin-r1/concept/> .
concept:old-melanoma a skr:RetiredConcept ; owl:deprecated true ; skos:prefLabel "old name of melanoma"@en ;
    dcterms:isReplacedBy concept:melanoma .
concept:nothing a skr:RetiredConcept ; owl:deprecated true ; skos:prefLabel "a mistake"@en .
"""
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with the small knowledge, two retired names, the images of six cases and one registered dataset."""
    folder = tmp_path_factory.mktemp("browsing")
    shutil.copytree(MINI, folder / "ontologies")
    (folder / "ontologies" / "retired.ttl").write_text(RETIRED)
    run = write_run(folder / "run")
    settings = Settings(data=folder / "data", ontologies=folder / "ontologies", cases=str(run))
    app = create_app(settings)
    with TestClient(app, follow_redirects=False) as client:
        with app.state.database.writing() as session:
            at = "2026-01-01T00:00:00Z"
            datasets.register(session, "clinic", {"melanoma": 1_200, "SSM": 34}, author="ana", at=at)
        yield client


def text(answer: str) -> str:
    """What one reads: without tags, white space as one space."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer).split())


def test_a_page_has_the_tree_and_what_htmx_asks_for_is_the_concept_alone(http: TestClient):
    page, part = http.get("/n/melanoma"), http.get("/n/melanoma", headers=HTMX)
    assert page.status_code == part.status_code == 200
    assert 'role="tree"' in page.text
    assert 'role="tree"' not in part.text
    assert part.text.strip().startswith("<title>melanoma · Skin-R1</title>")
    assert part.text.count("<h1") == page.text.count("<h1") == 1
    assert "HX-Request" in part.headers["vary"]


def test_going_back_in_history_gets_the_whole_page(http: TestClient):
    again = http.get("/n/melanoma", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert 'role="tree"' in again.text


def test_labels_of_datasets_are_shown_where_they_land_with_their_images(http: TestClient):
    said = text(http.get("/n/melanoma").text)
    assert "1,200 images with a label that means it, and 34 images with labels of what lies beneath." in said
    assert "melanoma clinic 1,200" in said


def test_images_of_cases_are_shown_with_their_source_and_licence(http: TestClient):
    page = http.get("/n/melanoma").text
    assert "3 of 3" in text(page)
    pictures = re.findall(r'<img src="([^"]+)" alt="melanoma" loading="lazy"', page)
    assert len(pictures) == 3
    assert http.get(pictures[0]).headers["content-type"] == "image/png"
    assert text(page).count("drawn CC0-1.0") == 3


def test_a_retired_name_says_what_stands_in_its_place(http: TestClient):
    gone = http.get("/n/old-melanoma")
    assert gone.status_code == 410
    assert "In its place stands melanoma" in text(gone.text)
    assert 'href="/n/melanoma"' in gone.text
    assert "nothing replaces it" in http.get("/n/nothing").text


def test_an_unknown_name_offers_what_may_have_been_meant(http: TestClient):
    missing = http.get("/n/melanomma")
    assert missing.status_code == 404
    assert 'href="/n/melanoma"' in missing.text.partition('id="pane"')[2]
    assert http.get("/n/melanomma", headers=HTMX).headers["HX-Retarget"] == "#said"


def test_a_branch_comes_as_a_group_and_its_rest_as_items(http: TestClient):
    whole = http.get("/tree", params={"at": "neoplasm"}).text
    assert whole.strip().startswith('<ul role="group">')
    assert 'id="t-neoplasm/melanocytic-neoplasm"' in whole
    rest = http.get("/tree", params={"at": "neoplasm", "start": 1}).text
    assert rest.strip().startswith("<li")
    assert http.get("/tree", params={"at": "melanoma"}).status_code == 404
    tops = http.get("/tree", params={"start": 1}).text  # as many groups at the top as a branch shows, and more
    assert 'aria-level="1"' in tops
    assert 'aria-posinset="2"' in tops


def test_a_search_with_one_answer_leads_to_it_and_any_other_lists_all(http: TestClient):
    only = http.get("/search", params={"q": "SSM"})
    assert (only.status_code, only.headers["location"]) == (303, "/n/superficial-spreading-melanoma")
    several = text(http.get("/search", params={"q": "melanoma"}).text)
    assert "diseases and groups" in several
    assert "also called “malignant melanoma”" not in several  # its own name matched
    assert "1 feature" in text(http.get("/search", params={"q": "irregular border"}).text)
    assert "Nothing is called so" in http.get("/search", params={"q": "zzzzzz"}).text
    assert "spelt like “melanoma”" in text(http.get("/search", params={"q": "melanomma"}).text)


def test_a_state_that_is_looked_at_is_kept_by_every_link_of_the_tree(http: TestClient):
    page = http.get("/n/melanoma", params={"release": "1"}).text
    tree = page.partition('role="tree"')[2].partition("</nav>")[0]
    assert "release=1" in tree
    assert not [link for link in re.findall(r'href="([^"]+)"', tree) if "release=1" not in link]


def test_the_first_page_counts_what_there_is(http: TestClient):
    said = text(http.get("/").text)
    know = http.app.state.views.newest.knowledge  # type: ignore[attr-defined]
    leaves = sum(map(know.taxonomy.is_leaf, know.concepts))
    assert re.search(rf"diseases {leaves} groups {len(know.concepts) - leaves} ", said)
    assert "What waits" not in said


def test_a_defect_is_told_by_a_page_and_not_by_what_programs_read(http: TestClient, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("kg_service.web.screens.search.find_concepts", broken)
    answer = http.get("/search", params={"q": "melanoma"})
    assert answer.status_code == 500
    assert "That did not work" in text(answer.text)
    assert "a defect" not in answer.text
