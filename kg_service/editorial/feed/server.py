"""The other side: a SPARQL 1.1 server's query and update addresses, and the texts that we send there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from ...core.errors import ConfigInvalid, FeedUnavailable
from ...settings import Settings
from ...store.statement import BASE

DRAFT = BASE + "graph/draft"
STATE = BASE + "graph/state"
RELEASES = BASE + "graph/release/"

_SEQ, _HASH = f"<{STATE}#seq>", f"<{STATE}#hash>"
_INTEGER = "<http://www.w3.org/2001/XMLSchema#integer>"
# Copying a graph of 90,000 statements within an Oxigraph server takes ten to twenty seconds.
_TIMEOUT = httpx.Timeout(600.0, connect=10.0)
_SAID = 300


@dataclass(frozen=True, slots=True)
class Mark:
    """What a graph holds: the log up to a change. `hash` is that change's, or a release's digest."""

    seq: int
    hash: str


class Server:
    """A SPARQL 1.1 server.

    Args:
        update_url, query_url: where it takes updates and queries.
        auth: (user, password) for HTTP basic authentication.
    """

    def __init__(self, update_url: str, query_url: str, auth: tuple[str, str] | None = None) -> None:
        self._update_url = update_url
        self._query_url = query_url
        self._http = httpx.Client(auth=auth, timeout=_TIMEOUT)

    @classmethod
    def of(cls, settings: Settings) -> Server:
        """
        Raises:
            ConfigInvalid: the settings name no server, or not by addresses that can be used.
        """
        update = settings.sparql_update_url
        query = settings.sparql_query_url
        if not query and update.endswith("/update"):
            query = update.removesuffix("update") + "query"
        for name, url in (("SKIN_R1_SPARQL_UPDATE_URL", update), ("SKIN_R1_SPARQL_QUERY_URL", query)):
            if not url.startswith(("http://", "https://")):
                raise ConfigInvalid(f"{name} must be an http address, for example http://host:7878/update")
        user, password = settings.sparql_user, settings.sparql_password.get_secret_value()
        return cls(update, query, (user, password) if user else None)

    def close(self) -> None:
        self._http.close()

    def marks(self) -> dict[str, Mark]:
        """What the server holds, by graph.

        Raises:
            FeedUnavailable: it cannot be reached or does not understand.
        """
        query = f"SELECT ?graph ?seq ?hash {{ GRAPH <{STATE}> {{ ?graph {_SEQ} ?seq ; {_HASH} ?hash }} }}"
        answer = self._post(self._query_url, "application/sparql-query", query, "application/sparql-results+json")
        try:
            rows = answer.json()["results"]["bindings"]
            return {row["graph"]["value"]: Mark(int(row["seq"]["value"]), row["hash"]["value"]) for row in rows}
        except (ValueError, KeyError, TypeError) as error:
            raise FeedUnavailable("the SPARQL server's answer is no SPARQL result") from error

    def update(self, *operations: str) -> None:
        """Run some update operations as one request.

        Raises:
            FeedUnavailable: it cannot be reached or refuses. Whether they were run is not known.
        """
        self._post(self._update_url, "application/sparql-update", " ;\n".join(operations), "*/*")

    def _post(self, url: str, media: str, body: str, accept: str) -> httpx.Response:
        try:
            answer = self._http.post(url, content=body.encode(), headers={"Content-Type": media, "Accept": accept})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedUnavailable(f"the SPARQL server cannot be reached: {error}") from error
        if answer.status_code >= 300:
            raise FeedUnavailable(f"the SPARQL server answers {answer.status_code}: {answer.text[:_SAID]}")
        return answer


# -- operations ------------------------------------------------------------------------------------------------------


def insert(graph: str, lines: Iterable[str]) -> str:
    """N-Triples lines are SPARQL as they are: neither shortens IRIs, and the escapes in literals are the same."""
    return _data("INSERT", graph, lines)


def delete(graph: str, lines: Iterable[str]) -> str:
    return _data("DELETE", graph, lines)


def _data(verb: str, graph: str, lines: Iterable[str]) -> str:
    return f"{verb} DATA {{ GRAPH <{graph}> {{\n" + "\n".join(lines) + "\n} }"


def copy(source: str, target: str) -> str:
    return f"COPY SILENT GRAPH <{source}> TO GRAPH <{target}>"


def drop(graph: str) -> str:
    return f"DROP SILENT GRAPH <{graph}>"


def unmark(graph: str) -> str:
    return f"DELETE WHERE {{ GRAPH <{STATE}> {{ <{graph}> ?p ?o }} }}"


def mark(graph: str, now: Mark) -> str:
    """What a graph holds from now on. Goes last, for servers that do not run a request as one transaction."""
    said = f'<{graph}> {_SEQ} "{now.seq}"^^{_INTEGER} ; {_HASH} "{now.hash}"'
    return f"{unmark(graph)} ;\nINSERT DATA {{ GRAPH <{STATE}> {{ {said} }} }}"
