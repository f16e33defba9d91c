"""What a stranger's query can and cannot do to the service: the sandbox itself, without HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg_service.core.errors import NotAcceptable, QueryInvalid, QueryTimeout, QueryTooLarge, SandboxUnavailable
from kg_service.store.sandbox.door import Limits, Question, Sandbox
from kg_service.store.sandbox.kept import Source
from kg_service.store.sandbox.question import dataset_of

from ..patience import eventually

GRAPH = "https://w3id.org/skin-r1/graph/test"
ROOT = Path(__file__).resolve().parents[2]
CARTESIAN = "SELECT (COUNT(*) AS ?count) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
BOMB = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"


def lines(count: int) -> bytes:
    return b"".join(b'<https://example.org/%d> <https://example.org/is> "%d" .\n' % (n, n) for n in range(count))


def graph(count: int = 300, version: str = "1", iri: str = GRAPH) -> Source:
    return Source(iri, version, lambda: lines(count))


def asked(query: str, *sources: Source) -> Question:
    used = sources or (graph(),)
    return Question(query, used, used)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Its queries have time enough on a crowded machine, and little memory."""
    made = Sandbox(Limits(seconds=60.0, memory=64 << 20, result=1 << 20))
    yield made
    made.close()


@pytest.fixture
def hurried() -> Iterator[Sandbox]:
    """For queries that are not to end."""
    made = Sandbox(Limits(seconds=3.0))
    yield made
    made.close()


def count(sandbox: Sandbox, *sources: Source) -> bytes:
    query = asked("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", *sources)
    return sandbox.ask(Question(query.query, query.default, query.named, solutions="text/csv")).body.split()[1]


def test_a_query_that_never_ends_is_stopped_at_its_deadline(hurried: Sandbox):
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match="3 s"):
        hurried.ask(asked(CARTESIAN))
    assert time.monotonic() - began >= 3.0 * 0.95


def test_a_memory_bomb_is_contained_and_the_next_query_answered(sandbox: Sandbox):
    count(sandbox)
    keeper = sandbox.keeper_id
    with pytest.raises(QueryTooLarge, match="64 MiB"):
        sandbox.ask(asked(BOMB))
    assert count(sandbox) == b"300"
    assert sandbox.keeper_id == keeper


def test_a_result_beyond_the_limit_is_refused(sandbox: Sandbox):
    with pytest.raises(QueryTooLarge, match="LIMIT"):
        sandbox.ask(asked("SELECT * { ?s ?p ?o . ?x ?y ?z }"))


def test_nesting_that_overflows_the_stack_ends_that_query_alone(sandbox: Sandbox):
    with pytest.raises(QueryTooLarge):
        sandbox.ask(asked("SELECT * " + "{" * 200_000))
    assert count(sandbox) == b"300"


def test_a_killed_keeper_is_replaced(sandbox: Sandbox):
    count(sandbox)
    killed = sandbox.keeper_id
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert count(sandbox) == b"300"
    assert sandbox.keeper_id != killed


def test_a_keeper_killed_while_it_works_takes_its_children_along(hurried: Sandbox):
    count(hurried)
    killed = hurried.keeper_id
    assert killed is not None
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(hurried.ask, asked(CARTESIAN))
        children = eventually(lambda: children_of(killed))
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(QueryTimeout):  # asked again of the new keeper, where it takes as long
            waiting.result()
    eventually(lambda: not [child for child in children if alive(child)])


def test_queries_side_by_side_get_their_own_answers(sandbox: Sandbox):
    sources = [graph(n, iri=f"{GRAPH}/{n}") for n in (1, 2, 3)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda n: count(sandbox, sources[n % 3]), range(30)))
    assert found == [b"%d" % (n % 3 + 1) for n in range(30)]


def test_a_graph_is_read_once_per_version_and_dropped_when_others_come(sandbox: Sandbox):
    reads: list[str] = []

    def source(name: str, version: str) -> Source:
        return Source(f"{GRAPH}/{name}", version, lambda: (reads.append(name + version), lines(int(version)))[1])

    assert [count(sandbox, source("a", v)) for v in ("1", "1", "2")] == [b"1", b"1", b"2"]
    assert reads == ["a1", "a2"]
    for name in "bcde":
        count(sandbox, source(name, "3"))
    count(sandbox, source("a", "2"))
    assert reads == ["a1", "a2", "b3", "c3", "d3", "e3", "a2"]


def test_a_graph_is_brought_up_to_date_by_what_changed(sandbox: Sandbox):
    assert count(sandbox, graph(3)) == b"3"
    gone, *_ = lines(3).splitlines(keepends=True)
    come = lines(5).splitlines(keepends=True)[3:]
    newer = Source(GRAPH, "2", lambda: pytest.fail("read anew"), lambda held: (gone, b"".join(come)))
    assert count(sandbox, newer) == b"4"
    assert b"/0>" not in sandbox.ask(asked("SELECT ?s { ?s ?p ?o }", newer)).body


def test_a_query_reaches_no_network_and_no_file(sandbox: Sandbox):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        port = listening.getsockname()[1]
        with pytest.raises(QueryInvalid):
            sandbox.ask(asked(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"))
        with pytest.raises(TimeoutError):
            listening.accept()


def test_an_update_is_no_query(sandbox: Sandbox):
    for text in ("DROP ALL", "INSERT DATA { <a:a> <a:b> 1 }", "LOAD <file:///etc/passwd>"):
        with pytest.raises(QueryInvalid, match="expected"):
            sandbox.ask(asked(text))
    assert count(sandbox) == b"300"


def test_functions_that_need_the_system_work_in_there(sandbox: Sandbox):
    functions = "(RAND() AS ?a) (UUID() AS ?b) (NOW() AS ?c) (SHA512('x') AS ?d) (REGEX('ab', '^A.', 'i') AS ?e)"
    answer = sandbox.ask(asked(f"SELECT {functions} {{ }}"))
    assert answer.body.count(b'"value"') == 5


def test_a_closed_sandbox_stays_closed(sandbox: Sandbox):
    count(sandbox)
    keeper = sandbox.keeper_id
    sandbox.close()
    assert keeper is not None
    assert not alive(keeper)
    with pytest.raises(SandboxUnavailable):
        count(sandbox)


def test_a_format_that_does_not_fit_the_result_is_named(sandbox: Sandbox):
    question = asked("CONSTRUCT WHERE { ?s ?p ?o }")
    with pytest.raises(NotAcceptable, match="graph"):
        sandbox.ask(Question(question.query, question.default, graph=None))


def test_the_keeper_ends_with_the_process_that_started_it_even_when_that_is_killed():
    code = (
        "import threading, time\n"
        "from tests.rdf.test_sandbox import *\n"
        "sandbox = Sandbox(Limits(seconds=600))\n"
        "count(sandbox)\n"
        "threading.Thread(target=sandbox.ask, args=(asked(CARTESIAN),), daemon=True).start()\n"
        "print(sandbox.keeper_id, flush=True)\n"
        "time.sleep(600)\n"
    )
    service = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    keeper = int(service.stdout.readline())
    children = eventually(lambda: children_of(keeper))
    service.kill()
    service.wait()
    service.stdout.close()
    eventually(lambda: not any(alive(process) for process in (keeper, *children)))


@pytest.mark.parametrize(
    ("query", "default", "named"),
    [
        ("SELECT * FROM <x:a> FROM NAMED <x:b> { ?s ?p ?o }", ("x:a",), ("x:b",)),
        ("PREFIX g: <x:> SELECT * FROM g:a FROM g:a { ?s ?p ?o }", ("x:a",), ()),
        ('SELECT * { ?s ?p \'FROM <x:a>\', """FROM <x:b> " """ } # FROM <x:c>', (), ()),
        ("SELECT ?from { ?from <x:from> x:from }", (), ()),
        ("SELECT ?service ?SERVICE { ?s <x:SERVICE> 'SERVICE', x:SERVICE } #SERVICE", (), ()),
    ],
)
def test_the_graphs_a_query_names_are_seen(query: str, default: tuple[str, ...], named: tuple[str, ...]):
    found = dataset_of(query)
    assert (found.default, found.named) == (default, named)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <x:a> {} }",
        "select*{service silent ?x{}}",
        "SELECT * { ?s ?p x:it\\'s SERVICE <x:a> {} ?s ?p 'it' }",
        "SELECT * { ?s ?p 5.SERVICE <x:a> {} }",
        "SELECT * FROM ?x {}",
    ],
)
def test_a_query_that_leaves_the_service_is_refused_before_it_runs(query: str):
    with pytest.raises(QueryInvalid):
        dataset_of(query)


@pytest.mark.parametrize("text", ['"' + '\\"' * 40_000, "a." * 40_000 + '"', "<a" * 40_000, '"""\'' * 20_000])
def test_a_text_that_is_made_to_be_slow_is_looked_at_once(text: str):
    began = time.thread_time()
    dataset_of(text)
    assert time.thread_time() - began < 10


def children_of(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
