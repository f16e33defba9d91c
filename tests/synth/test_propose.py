"""From passages to candidates and proposals: what rules read, what a model may add, and what reaches the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from kg_service.client import KnowledgeSource, load
from kg_service.client.proposing import Proposing
from kg_service.core.change import PutDifferential, SetLabels
from kg_service.core.concept import Differential, Polarity, Strength
from kg_service.core.errors import ConfigInvalid, Forbidden
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import snapshot_of
from kg_service.core.trajectory import Passage
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database
from kg_service.job import write_jsonl
from kg_service.settings import Settings
from synth.__main__ import main
from synth.echo import Echo
from synth.model.settings import ModelSettings
from synth.propose import asking, job, rules, sending, standing
from synth.propose.candidate import Candidate, Kind, Standing
from synth.propose.offers import Offer, offers
from synth.propose.sections import sections
from synth.propose.settings import ProposeConfig
from synth.textbook.glossary import Glossary

from ..live import serving

OLD = "Nobody N. A Book of the Skin. 2nd edition. 1909"
NEW = "Nobody N. A Book of the Skin. 9th edition. 2009"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
TOLD = "How is psoriasis distinguished from Bowen's disease?"


def passage(number: int, text: str, *path: str, role: str = "", source: str = OLD) -> Passage:
    return Passage(f"{number:016x}", text, source, path[-1], path, str(number), 0, len(text), role)


BOOK = (
    passage(1, "(Synonyms: Lepra Alphos; Psora; Rodent ulcer.)", "CLASS I.—ERUPTIONS", "Psoriasis"),
    passage(
        2,
        "The patches of psoriasis are scaling, while those of Bowen's disease show no scale. Psoriasis may have an "
        "irregular border.",
        "CLASS I.—ERUPTIONS", "Psoriasis", TOLD, role="differential",
    ),
    passage(
        3,
        "Chiefly with seborrheic keratosis and melanoma. It can scarcely be confounded with a blue nevus.",
        "CLASS I.—ERUPTIONS", "Psoriasis", "With what diseases are you likely to confound psoriasis?",
        role="differential",
    ),
    passage(
        4,
        "It shows a jagged border without scale. Perhaps milia-like cysts.",
        "CLASS II.—GROWTHS", "Rodent Ulcer", "What are the symptoms?", role="features",
    ),
    passage(5, "It is a form of melanoma.", "CLASS II.—GROWTHS", "Blue Nevus", "What is it?", role="definition"),
)  # fmt: skip


def candidates_of(book: tuple[Passage, ...], knowledge: Knowledge) -> list[Candidate]:
    found = rules.Found()
    rules.read(list(book), Glossary(knowledge, book), found)
    return standing.merged(standing.candidates(found, knowledge))


@pytest.fixture(scope="module")
def held(knowledge: Knowledge) -> list[Candidate]:
    return candidates_of(BOOK, knowledge)


def of(held: list[Candidate], kind: Kind) -> dict[tuple[str, ...], Candidate]:
    return {(*c.concepts, *([c.label] if c.label else [])): c for c in held if c.kind is kind}


# -- what rules read ----------------------------------------------------------------------------------------------


def test_a_question_names_two_diseases_and_each_gets_what_its_own_clause_says(held: list[Candidate]):
    told = of(held, Kind.DIFFERENTIAL)["bowen-disease", "psoriasis"]
    assert (told.standing, told.found_by) == (Standing.NEW, "rule:question")
    assert {(s.concept, s.feature, s.polarity) for s in told.signs} == {
        ("psoriasis", "scale", Polarity.PRESENT),
        ("bowen-disease", "scale", Polarity.ABSENT),
    }


def test_an_answer_lists_the_others_but_not_those_it_denies(held: list[Candidate]):
    pairs = of(held, Kind.DIFFERENTIAL)
    assert set(pairs) == {
        ("bowen-disease", "psoriasis"), ("melanoma", "psoriasis"), ("psoriasis", "seborrheic-keratosis"),
    }  # fmt: skip
    assert pairs["melanoma", "psoriasis"].standing is Standing.KNOWN
    assert pairs["psoriasis", "seborrheic-keratosis"].standing is Standing.NEEDS_FEATURE


def test_every_quotation_is_its_span_of_the_passage(held: list[Candidate]):
    texts = {each.id: each.text for each in BOOK}
    spans = [e for c in held for e in (*c.evidence, *(s.evidence for s in c.signs)) if e.end]
    assert spans
    for evidence in spans:
        assert texts[evidence.passage][evidence.start : evidence.end] == evidence.quote


def test_what_is_denied_is_absent_and_what_is_in_doubt_is_not_said(held: list[Candidate]):
    signs = {(s.concept, s.feature): s.polarity for c in held if c.kind is Kind.FEATURE for s in c.signs}
    assert signs["basal-cell-carcinoma", "irregular-border"] is Polarity.PRESENT
    assert signs["basal-cell-carcinoma", "scale"] is Polarity.ABSENT
    assert ("basal-cell-carcinoma", "milia-like-cysts") not in signs
    assert ("psoriasis", "irregular-border") not in signs


def test_a_name_of_an_old_book_is_to_be_found_and_never_shown(held: list[Candidate], knowledge: Knowledge):
    names = of(held, Kind.SYNONYM)
    assert names["psoriasis", "Psora"].hidden
    assert names["psoriasis", "Rodent ulcer"].standing is Standing.CONTRADICTS
    modern = tuple(Passage(**{**_fields(each), "source": NEW}) for each in BOOK)
    assert not of(candidates_of(modern, knowledge), Kind.SYNONYM)["psoriasis", "Psora"].hidden
    [offer] = [each for each in offers(held, knowledge, 0.8)[0] if each.concept == "psoriasis"]
    [labels] = [change for change in offer.changes if isinstance(change, SetLabels)]
    assert labels.alt == knowledge.concept("psoriasis").alt_labels
    assert set(labels.hidden) == {"Lepra Alphos", "Psora"}


def _fields(each: Passage) -> dict[str, object]:
    return {name: getattr(each, name) for name in Passage.__slots__}


def test_a_place_in_the_hierarchy_is_read_from_a_sentence_that_says_so(held: list[Candidate]):
    [place] = of(held, Kind.HIERARCHY).values()
    assert (place.concepts, place.standing) == (("blue-nevus", "melanoma"), Standing.NEW)


def test_a_disease_and_its_own_group_are_no_two_to_tell_apart(knowledge: Knowledge):
    asked = "How is nodular melanoma distinguished from melanoma?"
    book = (passage(1, "By its growth.", "Nodular Melanoma", asked, role="differential"),)
    assert not of(candidates_of(book, knowledge), Kind.DIFFERENTIAL)


def test_below_a_title_on_differential_diagnosis_stand_the_other_diseases(knowledge: Knowledge):
    path = ("1 Psoriasis", "1.4 Differential diagnosis")
    book = (
        passage(1, "Bowen's disease and a nevus. No melanoma.", *path, role="differential"),
        passage(2, "It shows no scale.", *path, "Bowen's disease", role="differential"),
    )
    held = candidates_of(book, knowledge)
    assert set(of(held, Kind.DIFFERENTIAL)) == {("bowen-disease", "psoriasis"), ("melanocytic-nevus", "psoriasis")}
    [scale] = [s for c in held if c.kind is Kind.FEATURE for s in c.signs]
    assert (scale.concept, scale.feature, scale.polarity) == ("bowen-disease", "scale", Polarity.ABSENT)


def test_a_latin_word_behind_a_name_makes_another_name(knowledge: Knowledge):
    glossary = Glossary(knowledge, BOOK)
    named = [m.text for m in glossary.mentions("nevus verrucosum, psoriasis punctata, a mole and melanoma psoriasis")]
    assert named == ["psoriasis", "mole"]


def test_headings_say_what_a_passage_is_about(knowledge: Knowledge):
    glossary = Glossary(knowledge, BOOK)
    assert glossary.about(("CLASS I.—ERUPTIONS", "3.2 Psoriasis", "Nail involvement")) == "psoriasis"
    assert glossary.about(("Psoriasis", "Psora Fugax")) == ""  # another disease for all we know
    assert glossary.about(("Psoriasis", "Psoriasis Fugax")) == "psoriasis"  # a form of it
    assert glossary.about(("Melanoma", "What are the signs of nodular melanoma?")) == "nodular-melanoma"
    assert glossary.about(("Psora",)) == "psoriasis"  # the book says so
    assert glossary.about(("Psoriasis (continued)",)) == "psoriasis"
    assert glossary.about(("Psoriasis, melanoma",)) == ""  # a chapter on two


def test_no_proposal_states_a_condition_and_all_are_unreviewed_and_cited(held: list[Candidate], knowledge: Knowledge):
    made, refused = offers(held, knowledge, 0.0)
    assert not refused
    for change in (change for offer in made for change in offer.changes):
        assert type(change).__name__ in {"SetLabels", "SetProfile", "PutDifferential", "Move"}
        if isinstance(change, PutDifferential):
            assert (change.differential.source, change.differential.review_status) == (OLD, "unreviewed")


# -- the job ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run_dir(tmp_path: Path, knowledge: Knowledge) -> Path:
    (tmp_path / "snapshot.json").write_bytes(snapshot_of(knowledge))
    write_jsonl(tmp_path / "passages.jsonl", BOOK)
    (tmp_path / "propose.toml").write_text(f'[knowledge]\npath = "{tmp_path / "snapshot.json"}"\n')
    return tmp_path


def settings(run_dir: Path, **more: object) -> ProposeConfig:
    return ProposeConfig(knowledge=KnowledgeSource(path=str(run_dir / "snapshot.json")), **more)  # pyright: ignore


def test_the_files_are_the_same_bytes_whatever_the_hash_seed(run_dir: Path):
    seen = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "synth", "propose", str(run_dir / "propose.toml"), "--run-dir", str(run_dir)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        names = ("mentions.jsonl", "candidates.jsonl", "proposals.jsonl", "propose-report.json")
        seen.add((done.stdout, *((run_dir / name).read_bytes() for name in names)))
    assert len(seen) == 1
    assert json.loads(next(iter(seen))[0])["proposals"] == 2


def test_a_dry_run_says_what_would_be_read_and_writes_nothing(run_dir: Path, capsys: pytest.CaptureFixture[str]):
    before = sorted(run_dir.iterdir())
    assert main(["propose", str(run_dir / "propose.toml"), "--run-dir", str(run_dir), "--dry-run"]) == 0
    assert "5 passages" in capsys.readouterr().out
    assert sorted(run_dir.iterdir()) == before


def test_without_a_token_nothing_is_read_or_sent(run_dir: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SKIN_R1_TOKEN", raising=False)
    with pytest.raises(ConfigInvalid, match="SKIN_R1_TOKEN"):
        job.make(settings(run_dir), knowledge, run_dir, send="http://127.0.0.1:9")


# -- a model ------------------------------------------------------------------------------------------------------


def said(**stated: object) -> str:
    blank = {"kind": "feature", "disease": "psoriasis", "other": "", "sign": "scale", "present": True, "quote": ""}
    return json.dumps({"statements": [blank | stated]})


@pytest.mark.parametrize(
    ("reply", "fared"),
    [
        (said(quote="The patches of psoriasis are scaling"), "kept"),
        (said(quote="THE PATCHES of psoriasis, are scaling"), "kept"),
        (said(quote="psoriasis is always scaling"), "not-in-passage"),
        (said(quote="those of Bowen's disease show no scale", disease="Bowen's disease"), "read-otherwise"),
        (said(quote="those of Bowen's disease show no scale", disease="Bowen's disease", present=False), "kept"),
        (said(quote="Psoriasis may have an irregular border", sign="irregular border"), "read-otherwise"),
        (said(quote="The patches of psoriasis are scaling", disease="eczema"), "unknown-disease"),
        (said(quote="The patches of psoriasis are scaling", sign="a red patch"), "unknown-sign"),
        (said(kind="differential", other="Bowen's disease", quote="those of Bowen's disease"), "kept"),
        (said(kind="differential", other="psoriasis", quote="psoriasis"), "same-line"),
        (said(kind="synonym", other="psora", quote="psoriasis"), "not-in-passage"),
        ("I cannot help with that.", "unreadable"),
        (said(kind="treatment", other="Bowen's disease", quote="psoriasis"), "unreadable"),
        ('{"statements": [{"kind": "feature"}]}', "unreadable"),
    ],
)
def test_only_what_is_quoted_to_the_letter_and_read_alike_survives(reply: str, fared: str, knowledge: Knowledge):
    glossary = Glossary(knowledge, BOOK)
    section = next(each for each in sections(BOOK, glossary) if each.title == TOLD)
    found = rules.Found()
    assert list(asking.take(reply, section, glossary, found)) == [fared]
    assert bool(found.told or found.pairs) == (fared == "kept")


def test_a_model_is_asked_once_for_each_section_and_never_offers_by_itself(run_dir: Path, knowledge: Knowledge):
    with Echo() as echo:
        model = ModelSettings(base_url=echo.url, name="twin", retries=0)
        report = job.make(settings(run_dir, model=model), knowledge, run_dir)
        again = job.make(settings(run_dir, model=model), knowledge, run_dir)
        assert job.expected(settings(run_dir, model=model), run_dir)[1].endswith("0 calls, about 0 tokens, cost 0.00")
        assert echo.requests == 4  # one for each section about a disease; the second run has them in its cache
    assert report == again
    assert report["proposals"] == 2
    found = rules.Found()
    glossary = Glossary(knowledge, BOOK)
    section = next(each for each in sections(BOOK, glossary) if each.title == TOLD)
    list(asking.take(said(quote="The patches of psoriasis are scaling"), section, glossary, found))
    [candidate] = [asking.by_model(each, "twin") for each in standing.candidates(found, knowledge)]
    assert candidate.found_by == "model:twin"
    assert candidate.confidence < ProposeConfig(knowledge=KnowledgeSource(path="x")).floors.confidence


# -- the service --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    url: str
    tokens: dict[str, str]

    def by(self, role: str) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/v1", headers={"Authorization": f"Bearer {self.tokens[role]}"})

    def proposals(self) -> list[dict]:
        with self.by("reader") as client:
            return client.get("/proposals").json()["items"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    data = tmp_path / "service"
    with serving(data) as url:
        database = Database(Settings(data=data).url)
        roles = ("reader", "editor", "reviewer")
        tokens = {role: issue_token(database, role, name=f"the-{role}", now=NOW) for role in roles}
        database.close()
        yield Service(url, tokens)


def test_a_proposal_is_made_once_leaves_the_release_alone_and_can_be_accepted(
    run_dir: Path, service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SKIN_R1_TOKEN", service.tokens["editor"])
    source = KnowledgeSource(url=service.url, cache=str(run_dir / "cache"))
    know = load(source)
    config = ProposeConfig(knowledge=source)
    first = job.make(config, know, run_dir, send=service.url)["sent"]
    assert (first["sent"], first["known"], first["refused"]) == (first["sent"], 0, 0)
    assert first["sent"] == len(service.proposals()) > 0
    assert load(source).digest == know.digest

    assert job.make(config, know, run_dir, send=service.url)["sent"] == {
        "sent": 0,
        "known": first["sent"],
        "refused": 0,
    }
    (run_dir / "sent.jsonl").unlink()  # as after a kill between the post and the note of it
    assert job.make(config, know, run_dir, send=service.url)["sent"] == {
        "sent": 0,
        "known": first["sent"],
        "refused": 0,
    }
    assert len(service.proposals()) == first["sent"]

    [told] = [each for each in service.proposals() if "tell Bowen" in each["message"]]
    with service.by("reviewer") as client:
        answer = client.post(f"/proposals/{told['number']}/review", json={"verdict": "accept", "reason": ""})
        assert answer.status_code == 200, answer.text
        draft = client.get("/draft/differentials/bowen-disease--psoriasis").json()
    assert (draft["reviewStatus"], draft["source"], draft["features"]) == ("unreviewed", OLD, ["scale"])


def test_what_the_service_refuses_is_noted_with_its_reason_and_the_others_go_on(service: Service, tmp_path: Path):
    def offer(concept: str, *features: str) -> Offer:
        edge = Differential(concept, "psoriasis", Strength.MODERATE, features)
        key = f"synth-propose:{concept}"
        return Offer(concept, key, f"from a book\n\n{key}", (PutDifferential(edge),), ("x",))

    listed = [
        offer("bowen-disease", "scale"),
        offer("melanocytic-nevus", "irregular-border"),
        offer("basal-cell-carcinoma"),
    ]
    good = Offer("psoriasis", "synth-propose:good", "synth-propose:good", (SetLabels("psoriasis", ("psora",)),), ("y",))
    done = sending.send([*listed, good], service.url, service.tokens["editor"], tmp_path / "sent.jsonl")
    assert done == {"sent": 1, "known": 0, "refused": 3}
    rows = [json.loads(line) for line in (tmp_path / "sent.jsonl").open()]
    assert [bool(row["number"]) for row in rows] == [False, False, False, True]
    assert rows[0]["code"] == "knowledge-invalid"
    assert "bowen-disease" in rows[0]["reason"]
    with pytest.raises(Forbidden):
        sending.send(listed, service.url, service.tokens["reader"], tmp_path / "other.jsonl")


def test_an_answer_lost_on_its_way_back_makes_no_second_proposal(service: Service):
    with forgetful(service.url) as url, Proposing(url, service.tokens["editor"]) as desk:
        number = desk.propose("why\n\nkey-1", [SetLabels("psoriasis", ("psora",))], key="key-1")
    assert [each["number"] for each in service.proposals()] == [number]


class forgetful:
    """A way to a service on which the answer to every POST is lost."""

    def __init__(self, url: str) -> None:
        class Forward(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = httpx.get(url + self.path, headers={"Authorization": self.headers["Authorization"]})
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(answer.content)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {"Authorization": self.headers["Authorization"], "Content-Type": "application/json"}
                httpx.post(url + self.path, content=body, headers=headers).raise_for_status()
                self.connection.close()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
