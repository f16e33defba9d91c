"""The copy in a remote SPARQL server is the database's statements, whatever happens to either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from kg_service.core.errors import ConfigInvalid, FeedUnavailable
from kg_service.editorial import deltas, repository
from kg_service.editorial.database import Database
from kg_service.editorial.feed import catching_up
from kg_service.editorial.feed.catching_up import Fed, catch_up
from kg_service.editorial.feed.lease import only_one
from kg_service.editorial.feed.server import DRAFT, RELEASES, Server, insert, mark
from kg_service.editorial.feed.worker import Feed
from kg_service.editorial.models import Release
from kg_service.editorial.opening import open_data
from kg_service.settings import Settings
from kg_service.store.statement import Statement

from ..live import MINI, ROOT, serving
from ..patience import PATIENCE, eventually
from ..postgres import migrated, postgres_cluster
from .oxigraph import Oxigraph

NOTE = "<http://www.w3.org/2004/02/skos/core#note>"
NODE = "https://w3id.org/skin-r1/concept/melanoma"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Oxigraph]:
    started = Oxigraph(tmp_path / "remote")
    started.start()
    yield started
    started.kill()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_data(Settings(data=tmp_path / "data", ontologies=MINI), now=datetime(2026, 1, 1, tzinfo=UTC))
    yield opened.database
    opened.database.close()


@pytest.fixture
def server(remote: Oxigraph) -> Iterator[Server]:
    made = remote.server()
    yield made
    made.close()


def note(text: str) -> Statement:
    return Statement(f"<{NODE}>", NOTE, str(ox.Literal(text, language="en")))


def edit(database: Database, *added: Statement, removed: tuple[Statement, ...] = ()) -> int:
    with database.writing() as session:
        change = repository.append_change(
            session, at="", author="a", message="", added=added, removed=removed, touched=[NODE]
        )
        return change.seq


def publish(database: Database, name: str) -> None:
    """A release of the draft as it stands; its snapshot does not matter here."""
    with database.writing() as session:
        lines = "".join(f"{line}\n" for line in repository.current_lines(session)).encode()
        number, seq = repository.next_number(session), repository.last_seq(session)
        release = Release(
            id=name, number=number, seq=seq, digest=f"sha256:{name}", at="", concepts=1, snapshot=b"", nquads=lines
        )
        repository.add_release(session, release)


def expect_equal(remote: Oxigraph, database: Database) -> None:
    with database.reading() as session:
        assert remote.lines(DRAFT) == repository.current_lines(session)
        for release in repository.releases(session):
            assert remote.lines(RELEASES + release.id) == deltas.lines_in(
                repository.nquads(session, release.id).decode()
            )


def test_the_first_feeding_copies_the_draft_and_every_release(remote: Oxigraph, server: Server, database: Database):
    edit(database, note("after the release"))
    assert catch_up(database, server) == Fed(seq=2, releases=1)
    expect_equal(remote, database)


def test_every_edit_and_release_arrives_whatever_its_text_holds(remote: Oxigraph, server: Server, database: Database):
    catch_up(database, server)
    texts = [
        "plain",
        'a "quote"',
        "back\\slash",
        "\\u0041 as typed",
        "line\nbreak\ttab",
        "ü 😀",
        "} ; DROP ALL #",
        "\x01",
    ]
    for text in texts:
        edit(database, note(text))
    publish(database, "2")
    edit(database, note("last"), removed=(note("plain"),))
    assert catch_up(database, server) == Fed(seq=len(texts) + 2, releases=2)
    expect_equal(remote, database)
    assert len([line for line in remote.lines(DRAFT) if NOTE in line]) == len(texts)


def test_feeding_again_asks_for_nothing_to_be_done(
    remote: Oxigraph, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
):
    fed = catch_up(database, server)
    monkeypatch.setattr(server, "update", lambda *_: pytest.fail("an update"))
    assert catch_up(database, server) == fed


def test_a_release_without_a_change_of_its_own_is_copied(remote: Oxigraph, server: Server, database: Database):
    catch_up(database, server)
    publish(database, "again")
    assert catch_up(database, server) == Fed(seq=1, releases=2)
    expect_equal(remote, database)


def test_a_change_told_twice_is_told_once(remote: Oxigraph, server: Server, database: Database):
    catch_up(database, server)
    before = server.marks()[DRAFT]
    edit(database, note("new"), removed=())
    catch_up(database, server)
    server.update(mark(DRAFT, before))  # as if the answer of the server had been lost
    catch_up(database, server)
    expect_equal(remote, database)


def test_a_filling_that_breaks_off_anywhere_is_begun_again(
    remote: Oxigraph, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(catching_up, "BATCH", 20)
    with database.reading() as session:
        requests = len(repository.current_lines(session)) // 20 + 4
    for last in range(0, requests, 2):
        allowed = iter(range(last))
        stopped = catch_up(database, server, go_on=lambda allowed=allowed: next(allowed, None) is not None)
        assert stopped is None or last > 5
    assert catch_up(database, server) == Fed(seq=1, releases=1)
    expect_equal(remote, database)


def test_a_server_that_was_down_catches_up_and_editing_did_not_wait(
    remote: Oxigraph, server: Server, database: Database
):
    feed = Feed(database, server, poll=0.02)
    thread = threading.Thread(target=feed.run)
    thread.start()
    try:
        eventually(lambda: feed.fed == Fed(1, 1))
        remote.kill()
        for number in range(20):
            edit(database, note(f"while it was down {number}"))
        remote.start()
        eventually(lambda: feed.fed == Fed(21, 1))
    finally:
        feed.stop()
        thread.join()
    expect_equal(remote, database)


def test_a_server_killed_again_and_again_while_it_is_fed_ends_equal(
    remote: Oxigraph, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(catching_up, "BATCH", 10)
    feed = Feed(database, server, poll=0.005)
    thread = threading.Thread(target=feed.run)
    thread.start()
    try:
        for round_ in range(6):
            seq = max(edit(database, note(f"{round_} {number}")) for number in range(10))
            time.sleep(0.01 * round_)
            remote.kill()
            remote.start()
            if round_ == 2:
                publish(database, "killed")
        eventually(lambda: feed.fed == Fed(seq, 2))
    finally:
        feed.stop()
        thread.join()
    expect_equal(remote, database)


def test_a_server_that_lost_its_data_is_filled_anew(remote: Oxigraph, server: Server, database: Database):
    edit(database, note("one"))
    catch_up(database, server)
    server.update("DROP ALL")
    assert catch_up(database, server) == Fed(seq=2, releases=1)
    expect_equal(remote, database)


def test_what_was_fed_from_another_log_is_replaced(
    remote: Oxigraph, server: Server, database: Database, tmp_path: Path
):
    other = open_data(Settings(data=tmp_path / "other", ontologies=MINI), now=datetime(2025, 5, 5, tzinfo=UTC)).database
    edit(other, note("of another service"))
    publish(other, "theirs")
    catch_up(other, server)
    other.close()
    edit(database, note("ours"))
    catch_up(database, server)
    expect_equal(remote, database)
    assert remote.lines(RELEASES + "theirs") == []
    assert set(server.marks()) == {DRAFT, RELEASES + "1"}


def test_a_far_too_long_gap_is_closed_by_filling_anew(
    remote: Oxigraph, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
):
    catch_up(database, server)
    server.update(insert(DRAFT, ["<x:stray> <x:is> <x:here> ."]))
    monkeypatch.setattr(catching_up, "_MUCH", 100)
    edit(database, note("long " * 50))
    catch_up(database, server)
    expect_equal(remote, database)


def test_one_process_feeds_and_the_next_takes_over(database: Database):
    with only_one(database) as first, only_one(database) as second:
        assert (first(), second()) == (True, False)
    with only_one(database) as third:
        assert third()


def test_the_service_feeds_by_itself_where_the_settings_name_a_server(remote: Oxigraph, tmp_path: Path):
    with serving(tmp_path / "data", sparql_update_url=f"{remote.url}/update") as url:
        assert httpx.get(f"{url}/v1/health").status_code == 200
        eventually(lambda: server_of(remote, lambda s: RELEASES + "1" in s.marks()))
        database = Database(Settings(data=tmp_path / "data").url)
        edit(database, note("by another worker"))
        eventually(lambda: server_of(remote, lambda s: s.marks()[DRAFT].seq == 2))
        expect_equal(remote, database)
        database.close()


def test_the_verb_feeds_once_or_until_it_is_stopped(remote: Oxigraph, database: Database, tmp_path: Path):
    environment = {
        **os.environ,
        "SKIN_R1_DATA": str(tmp_path / "data"),
        "SKIN_R1_SPARQL_UPDATE_URL": f"{remote.url}/update",
    }
    command = [sys.executable, "-m", "kg_service", "feed"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    once = run("--once")
    assert (once.returncode, json.loads(once.stdout)) == (0, {"seq": 1, "releases": 1}), once.stderr
    expect_equal(remote, database)
    with only_one(database):
        assert run("--once").returncode == 2
    going = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    edit(database, note("while it feeds"))
    eventually(lambda: server_of(remote, lambda s: s.marks()[DRAFT].seq == 2))
    going.terminate()
    said, _ = going.communicate(timeout=PATIENCE)
    assert (going.returncode, json.loads(said)) == (0, {"seq": 2, "releases": 1})


def test_the_verb_says_what_is_missing(tmp_path: Path):
    for environment, code, said in (
        ({}, 2, "SKIN_R1_SPARQL_UPDATE_URL"),
        ({"SKIN_R1_SPARQL_UPDATE_URL": "http://127.0.0.1:1/update"}, 3, "no release yet"),
    ):
        command = [sys.executable, "-m", "kg_service", "feed", "--once", "--data", str(tmp_path)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
        assert said in done.stderr


def test_addresses_that_cannot_be_used_are_a_matter_of_configuration():
    for update in ("", "localhost:7878", "ftp://host/update", "http://host/other"):
        with pytest.raises(ConfigInvalid, match="SKIN_R1_SPARQL"):
            Server.of(Settings(sparql_update_url=update))


def test_a_server_that_is_not_there_or_refuses_is_unavailable(remote: Oxigraph):
    wrong = Server(f"{remote.url}/nothing", f"{remote.url}/nothing", ("user", "secret-word"))
    for ask in (wrong.marks, lambda: wrong.update("DROP ALL")):
        with pytest.raises(FeedUnavailable) as error:
            ask()
        assert "secret-word" not in str(error.value)
    wrong.close()


def server_of(remote: Oxigraph, ask: Callable[[Server], object]) -> object:
    server = remote.server()
    try:
        return ask(server)
    finally:
        server.close()


def test_on_postgresql_too_one_feeds_and_stops_when_its_connection_is_gone(
    remote: Oxigraph, server: Server, tmp_path: Path
):
    with postgres_cluster() as cluster:
        migrated(cluster.url)
        settings = Settings(data=tmp_path, ontologies=MINI, database_url=cluster.url)
        database = open_data(settings, now=datetime(2026, 1, 1, tzinfo=UTC)).database
        other = Database(settings.url)
        with only_one(database) as first, only_one(other) as second:
            assert (first(), second()) == (True, False)
            edit(database, note("on PostgreSQL"))
            assert catch_up(database, server) == Fed(2, 1)
            expect_equal(remote, database)
        with only_one(other) as second:
            assert second()
            cluster.stop()
            assert not second()
        database.close()
        other.close()
