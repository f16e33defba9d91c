"""The page of a run: it holds what it must, asks nobody for anything, and takes no text for markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage, Rejection, Step, StepKind, Trajectory
from kg_service.job import read_jsonl, write_json, write_jsonl
from synth import generate, view
from synth.checks.rules import CODES
from synth.judge import Judgement
from synth.judge.verdicts import CODES as JUDGED
from synth.reading import Reader
from synth.settings import SynthConfig
from synth.view import job, marking, meanings

from ..browser.conftest import browser  # noqa: F401  one Chromium for the module

SCRIPT = '"><script>alert(1)</script>'
IMAGE = "<img src=x onerror=alert(1)>"
QUOTED = "The surface is rough & <b>bold</b>"


@pytest.fixture(scope="module")
def run(small: SynthConfig, release: Knowledge, phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 36 rows with a quotation, a flag, a row in quarantine, a refused one, verdicts, and hostile texts."""
    folder = tmp_path_factory.mktemp("runs") / "an <i>evening<i> run"
    folder.mkdir()
    cases = [replace(case, image=str(phantoms / case.image)) for case in read_jsonl(phantoms / "cases.jsonl", Case)]
    write_jsonl(folder / "cases.jsonl", cases)
    config = small.model_copy(update={"write": small.write.model_copy(update={"rows": 36})})
    generate.make(config, release, folder)

    rows = list(read_jsonl(folder / "trajectories.jsonl", Trajectory))
    book = Passage("p1", f"It is known. {QUOTED}.", SCRIPT, "Warts", ("Skin", "Warts"), page="112", licence="public")
    write_jsonl(folder / "passages.jsonl", [book])
    quote = Step(StepKind.TEXTBOOK, f"In the book: “{QUOTED}”.", ("P1",))
    rows[0] = replace(rows[0], steps=(*rows[0].steps, quote), aliases={**rows[0].aliases, "P1": "p1"})
    rows[1] = replace(rows[1], flags=("CITE_ABOUT",), reply=f"<thinking>{IMAGE}</thinking>")
    write_jsonl(folder / "trajectories.jsonl", rows[:-1])
    write_jsonl(folder / "quarantine.jsonl", [replace(rows[-1], flags=("DUP_NEAR",))])
    owner = rows[0].case_id
    licensed = [replace(case, licence=f"CC BY-NC 4.0 {IMAGE}") if case.id == owner else case for case in cases]
    write_jsonl(folder / "cases.jsonl", licensed)
    refused = Rejection(
        rows[2].case_id, rows[2].kind, "FEAT_IMG", "the observe step: scale is told as seen",
        {"reply": f"<thinking>There is scaling. {SCRIPT}</thinking>"},
    )  # fmt: skip
    write_jsonl(folder / "rejections.jsonl", [refused])
    write_jsonl(folder / "judgements.jsonl", [Judgement(rows[0].id, "RECOVER", False, f"chose {IMAGE}")])
    report = json.loads((folder / "report.json").read_text())
    write_json(folder / "report.json", report | {"below_floor": ["accepted is 0.100, wanted at least 0.900"]})
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return view.make(run, run / "view.html").read_text()


@pytest.fixture(scope="module")
def soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "lxml")


def text(soup: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(each.get_text() for each in soup.select(selector)).split())


def test_the_head_says_what_was_run_and_which_floor_was_missed(soup: BeautifulSoup, release: Knowledge):
    head = text(soup, "header")
    for said in ("an <i>evening<i> run", "35 accepted trajectories of 36 wanted rows", release.digest, "offline"):
        assert said in head
    assert text(soup, ".alert") == "Below the floor. accepted is 0.100, wanted at least 0.900"


def test_every_row_has_its_picture_its_licence_and_its_facts(soup: BeautifulSoup):
    articles = soup.select("article")
    assert len(articles) == 36
    for article in articles:
        [picture] = article.select("img")
        assert str(picture["src"]).startswith("data:image/jpeg;base64,")
        assert article.select_one("figcaption").get_text(strip=True)  # type: ignore[union-attr]
        assert "Seen:" in article.get_text()
        assert len(article.select(".steps li")) >= 2
    assert text(soup, ".picture .warn") == "non-commercial"


def test_each_reference_leads_to_what_it_rests_on(soup: BeautifulSoup):
    entries = {f"#{entry['id']}": entry for entry in soup.select("dl.refs > div")}
    assert all(entries[str(link["href"])].select("dd") for link in soup.select("article a.ref"))
    sorts = {name for link in soup.select("article a.ref") for name in link["class"]} - {"ref"}
    assert sorts == {"disease", "distractor", "feature", "passage"}
    [quotation] = soup.select("article a.ref.passage")
    assert quotation.get_text() == f"“{QUOTED}”"
    entry = entries[str(quotation["href"])]
    assert "Skin › Warts, page 112." in entry.get_text()
    assert "Licence: public." in entry.get_text()


def test_what_was_refused_is_explained_and_the_words_at_fault_are_marked(soup: BeautifulSoup):
    assert meanings.CODES["FEAT_IMG"] in text(soup, "#rejected summary")
    assert text(soup, "#rejected mark") == "scaling"


def test_coverage_names_every_diagnosis_and_the_differentials_never_told(soup: BeautifulSoup, run: Path):
    golds = Counter(row.gold for row in read_jsonl(run / "trajectories.jsonl", Trajectory))
    rows = soup.select('[aria-label="Rows by diagnosis and kind"] tbody tr')
    assert sum(int(row.select("td")[-2].get_text()) for row in rows) == sum(golds.values())
    assert len(soup.select("tr.gap")) == len(rows) - len(golds) > 0
    assert "are never told" in text(soup, "#differentials")
    top = soup.select(".icicle g")
    assert top
    assert all(each.select_one("title") for each in top)


def test_verdicts_of_a_second_model_stand_beside_the_row(soup: BeautifulSoup):
    assert f"RECOVER failed: chose {IMAGE}" in text(soup, "article")


def test_the_page_may_load_nothing_and_holds_only_its_own_script(page: str, soup: BeautifulSoup):
    named = [str(each.get(name)) for name in ("src", "href") for each in soup.select(f"[{name}]")]
    assert all(address.startswith(("#", "data:image/jpeg")) for address in named)
    assert not re.search(r"@import|url\(|https?:", re.sub(r"<article.*</article>", "", page, flags=re.DOTALL))
    [policy] = [str(each["content"]) for each in soup.select("meta[http-equiv=Content-Security-Policy]")]
    for tag in ("style", "script"):
        [own] = soup.select(tag)
        hashed = base64.b64encode(hashlib.sha256(own.get_text().encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{hashed}'" in policy
    assert "default-src 'none'" in policy
    assert not soup.select("[style]")


def test_hostile_texts_stay_texts(page: str, soup: BeautifulSoup):
    assert not soup.select("[onerror], [src=x], header i, article b b")
    assert "alert(1)" not in str(soup.select("script"))
    for hostile in (SCRIPT, IMAGE, QUOTED):
        assert hostile not in page
        assert hostile in soup.get_text()


def test_the_same_run_gives_the_same_page(run: Path, page: str, tmp_path: Path):
    assert view.make(run, tmp_path / "again.html").read_text() == page


def test_a_sample_is_balanced_and_says_that_it_is_one(run: Path, tmp_path: Path):
    soup = BeautifulSoup(view.make(run, tmp_path / "few.html", rows=12).read_text(), "lxml")
    kinds = Counter("flagged" if a["data-flag"].strip() else a["data-kind"] for a in soup.select("article"))  # type: ignore[union-attr]
    assert kinds["flagged"] == 2
    assert max(kinds.values()) - min(kinds[k] for k in ("direct", "keep", "revise")) <= 1
    assert len({str(article["data-gold"]) for article in soup.select("article")}) >= 9
    assert "12 rows of 36" in text(soup, "#rows > p")


def test_a_page_that_would_grow_too_large_shows_fewer_rows(run: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(job, "BUDGET", 60_000)
    soup = BeautifulSoup(view.make(run, tmp_path / "small.html").read_text(), "lxml")
    assert 0 < len(soup.select("article")) < 20
    assert "rows of 36" in text(soup, "#rows > p")


def test_what_is_missing_is_said_and_the_rest_is_shown(run: Path, tmp_path: Path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("manifest.json", "trajectories.jsonl"):
        shutil.copy(run / name, bare / name)
    soup = BeautifulSoup(view.make(bare, bare / "view.html", rows=6).read_text(), "lxml")
    assert "Not beside this run: rejections.jsonl, report.json, cases.jsonl" in text(soup, ".note")
    assert len(soup.select("article")) == 6
    for sentence in ("The report of this run is missing", "The file of rejections is missing", "licence unknown"):
        assert sentence in soup.get_text()


def test_every_code_is_explained():
    assert {*CODES, *JUDGED} <= meanings.CODES.keys()


def test_pieces_joined_are_the_text(run: Path, release: Knowledge):
    reader, found = Reader(release), 0
    for row in read_jsonl(run / "trajectories.jsonl", Trajectory):
        for step in row.steps:
            pieces = marking.cut(step.text, marking.spans(step.text, reader))
            assert "".join(piece.text for piece in pieces) == step.text
            found += sum(bool(piece.id) for piece in pieces)
    assert found > 100


def test_search_and_filters_work_in_a_browser(run: Path, page: str, browser):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    tab = browser.new_page(viewport={"width": 390, "height": 844})
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    tab.goto((run / "view.html").as_uri())
    shown = tab.locator("article:visible")
    assert shown.count() == 1
    assert tab.locator("#list li:visible").count() == 36

    tab.select_option("#by-kind", "keep")
    keeps = tab.locator("#list li:visible").count()
    assert 0 < keeps < 36
    assert shown.get_attribute("data-kind") == "keep"
    tab.keyboard.press("Escape")
    first = shown.get_attribute("id")
    tab.click("#next")
    assert shown.get_attribute("id") != first
    tab.fill("#search", "no such word anywhere")
    assert tab.locator("#nothing").is_visible()
    assert shown.count() == 0
    tab.click("#clear")
    tab.select_option("#by-flag", "quarantine")
    assert tab.locator("#list li:visible").count() == 1
    tab.click("#list li:visible a")

    tab.locator("article:visible a.ref.feature").first.focus()
    assert "On this image:" in tab.locator("#tip").inner_text()
    tab.keyboard.press("Escape")
    assert tab.locator("#tip").is_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
    found = Axe().run(tab, options=rules).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    assert faults == []
    tab.close()
