from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from kg_service.client import KnowledgeSource, load, pull
from kg_service.client.cache import Cache, default_folder
from kg_service.core.errors import ConfigInvalid, DigestMismatch, KnowledgeUnavailable, UnknownRelease
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import snapshot_of

from ..live import serving

NOWHERE = "http://127.0.0.1:1"


@contextmanager
def between(url: str, change: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """Something that stands between client and service and changes what the service says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = httpx.get(url + self.path)
            body = change(self.path, answer.content)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_release_is_pulled_verified_and_known_by_its_name(url: str, knowledge: Knowledge, tmp_path: Path):
    found = load(KnowledgeSource(url=url, cache=str(tmp_path)))
    assert (found.release, found.digest) == ("1", knowledge.digest)
    assert snapshot_of(found) == snapshot_of(knowledge)


@pytest.mark.parametrize("release", ["latest", "", "1"])
def test_a_pulled_release_is_there_when_the_service_is_gone(tmp_path: Path, release: str, knowledge: Knowledge):
    with serving(tmp_path / "data") as url:
        source = KnowledgeSource(url=url, release=release, cache=str(tmp_path / "cache"))
        load(source)
    found = load(source)
    assert (found.release, found.digest) == ("1", knowledge.digest)


def test_a_pinned_digest_in_the_cache_needs_no_service_at_all(url: str, knowledge: Knowledge, tmp_path: Path):
    pull(url, cache=tmp_path)
    payload = pull(NOWHERE, digest=knowledge.digest, cache=tmp_path)
    assert payload == snapshot_of(knowledge)


def test_neither_service_nor_cache_says_what_to_do(tmp_path: Path):
    with pytest.raises(KnowledgeUnavailable, match=r"kg_service serve.*Nothing is cached"):
        pull(NOWHERE, cache=tmp_path)


def test_another_digest_than_the_pinned_one_is_refused(url: str, tmp_path: Path):
    with pytest.raises(DigestMismatch, match="is pinned"):
        load(KnowledgeSource(url=url, release="1", digest="sha256:" + "0" * 64, cache=str(tmp_path)))


def test_a_pinned_digest_that_the_service_never_published_is_unknown(url: str, tmp_path: Path):
    with pytest.raises(UnknownRelease):
        load(KnowledgeSource(url=url, digest="sha256:" + "0" * 64, cache=str(tmp_path)))


def test_an_unknown_release_is_unknown(url: str, tmp_path: Path):
    with pytest.raises(UnknownRelease, match="'9'"):
        pull(url, "9", cache=tmp_path)


def test_an_altered_snapshot_is_refused_and_not_cached(url: str, knowledge: Knowledge, tmp_path: Path):
    def alter(path: str, body: bytes) -> bytes:
        return body.replace(b'"benign"', b'"malignant"') if path.endswith("/snapshot") else body

    with between(url, alter) as proxy, pytest.raises(DigestMismatch, match="damaged or altered"):
        pull(proxy, cache=tmp_path)
    assert Cache(tmp_path).snapshot(knowledge.digest) is None


def test_a_page_that_is_no_knowledge_service_is_said_to_be_none(url: str, tmp_path: Path):
    with (
        between(url, lambda _path, _body: b"<html>hello</html>") as proxy,
        pytest.raises(KnowledgeUnavailable, match="not as a knowledge service"),
    ):
        pull(proxy, cache=tmp_path)


def test_a_damaged_copy_in_the_cache_is_replaced(url: str, knowledge: Knowledge, tmp_path: Path):
    pull(url, cache=tmp_path)
    (copy,) = (tmp_path / "snapshots").iterdir()
    copy.write_bytes(copy.read_bytes()[:-1])
    assert pull(url, cache=tmp_path) == snapshot_of(knowledge)
    assert Cache(tmp_path).snapshot(knowledge.digest) == snapshot_of(knowledge)


def test_a_snapshot_file_needs_no_service(knowledge: Knowledge, tmp_path: Path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(snapshot_of(knowledge))
    assert load(KnowledgeSource(path=str(path), digest=knowledge.digest)).digest == knowledge.digest
    with pytest.raises(DigestMismatch):
        load(KnowledgeSource(path=str(path), digest="sha256:" + "0" * 64))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (KnowledgeSource(), r"knowledge\.path"),
        (KnowledgeSource(path="/no/such/file"), "cannot be read"),
        (KnowledgeSource(path=os.curdir), "compile it first"),
    ],
)
def test_a_configuration_that_names_no_knowledge_says_so(source: KnowledgeSource, said: str):
    with pytest.raises(ConfigInvalid, match=said):
        load(source)


@pytest.mark.parametrize(
    "url", ["not a url", "ftp://host", "127.0.0.1:8000", "http://[", "http://no.such.host.invalid"]
)
def test_an_address_that_cannot_work_is_unavailable(url: str, tmp_path: Path):
    with pytest.raises(KnowledgeUnavailable):
        pull(url, cache=tmp_path)


def test_a_digest_never_leads_out_of_the_cache(tmp_path: Path):
    assert Cache(tmp_path / "cache").snapshot("sha256:../../etc/passwd") is None
    assert Cache(tmp_path / "cache").snapshot("../../etc/passwd") is None


def test_the_cache_folder_can_be_moved(tmp_path: Path):
    assert default_folder({"SKIN_R1_CACHE": "/a/b"}) == Path("/a/b")
    assert default_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/skin-r1")
    assert default_folder({}) == Path.home() / ".cache" / "skin-r1"


def test_many_pulls_at_once_leave_one_whole_copy(url: str, knowledge: Knowledge, tmp_path: Path):
    threads = [threading.Thread(target=pull, args=(url,), kwargs={"cache": tmp_path}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in (tmp_path / "snapshots").iterdir()] == [snapshot_of(knowledge)]
