"""Graph documents: hierarchy and differentials in one, readable by networkx."""

from __future__ import annotations

import json

import networkx as nx

from kg_service.exchange.graphs import write_graphml, write_node_link


def test_both_documents_hold_every_concept_broader_link_and_differential(knowledge, shipped):
    for whole in (knowledge, shipped):
        graphs = (
            nx.parse_graphml(write_graphml(whole), force_multigraph=True),
            nx.node_link_graph(json.loads(write_node_link(whole)), edges="edges"),
        )
        for graph in graphs:
            kinds = [said["kind"] for _, _, said in graph.edges(data=True)]
            assert set(graph.nodes) == whole.concepts.keys()
            assert kinds.count("broader") == sum(len(concept.parents) for concept in whole.concepts.values())
            assert kinds.count("differential") == len(whole.differentials)


def test_a_broader_edge_runs_from_the_concept_to_its_parent(knowledge):
    graph = nx.node_link_graph(json.loads(write_node_link(knowledge)), edges="edges")
    assert graph.edges["melanoma", "melanocytic-neoplasm", "broader"]["primary"] is True
    assert graph.edges["melanoma", "malignant-neoplasm", "broader"]["primary"] is False
    assert graph.edges["melanoma", "psoriasis", "differential"]["strength"] == "weak"
    assert graph.nodes["melanoma"]["condition"] == "malignant"
