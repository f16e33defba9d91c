"""What the SPARQL endpoint says of itself when it is asked nothing (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from ..store.statement import BASE

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMAT = "http://www.w3.org/ns/formats/"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_RESULTS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD",
)  # fmt: skip


def service_description(endpoint: str, default_graph: str) -> bytes:
    """N-Triples about the endpoint.

    Args:
        endpoint: its address.
        default_graph: IRI of the graph that a query sees which names none.
    """
    service, dataset, graph = f"{endpoint}#service", f"{endpoint}#dataset", f"{endpoint}#graph"
    said = [
        (service, _TYPE, _SD + "Service"),
        (service, _SD + "endpoint", endpoint),
        (service, _SD + "supportedLanguage", _SD + "SPARQL11Query"),
        (service, _SD + "defaultDataset", dataset),
        *((service, _SD + "resultFormat", _FORMAT + name) for name in _RESULTS),
        (dataset, _TYPE, _SD + "Dataset"),
        (dataset, _SD + "namedGraph", graph),
        (graph, _TYPE, _SD + "NamedGraph"),
        (graph, _SD + "name", default_graph),
        (dataset, "http://purl.org/dc/terms/conformsTo", BASE + "vocab"),
    ]
    return "".join(sorted(f"<{s}> <{p}> <{o}> .\n" for s, p, o in said)).encode()
