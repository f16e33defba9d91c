"""SHACL: run the shapes of `ontologies/shapes/` and say each violation as one plain sentence."""

from __future__ import annotations

import logging
from collections.abc import Collection

from rdflib import Graph
from rdflib.namespace import SH

from ..core.errors import KnowledgeInvalid
from .vocabulary import shortened


def findings_of(graph: Graph, shapes: Graph, *, of: Collection[str] | None = None) -> tuple[str, ...]:
    """The violations of a graph, sorted; empty where it conforms. Warnings and remarks of the shapes are left out.

    Args:
        of: report on these nodes alone, the rest of the graph being there to be pointed at. (pySHACL's own
            `focus_nodes` would also skip what a shape asks of the nodes pointed at.)

    Raises:
        KnowledgeInvalid: the shapes themselves cannot be run.
    """
    import pyshacl  # 0.3 s to import, and needed only where something is imported or published
    from pyshacl.errors import ReportableRuntimeError, ShapeLoadError

    logging.getLogger("pyshacl").setLevel(logging.ERROR)
    try:
        conforms, report, text = pyshacl.validate(graph, shacl_graph=shapes, inference="none", allow_warnings=True)
    except (ReportableRuntimeError, ShapeLoadError) as error:
        raise KnowledgeInvalid("the SHACL shapes cannot be run:", (str(error),)) from error
    if conforms:
        return ()
    if not isinstance(report, Graph):
        raise KnowledgeInvalid("the SHACL shapes cannot be run:", (str(text).strip(),))
    sentences = set()
    for result in report.subjects(SH.resultSeverity, SH.Violation):
        node, path = report.value(result, SH.focusNode), report.value(result, SH.resultPath)
        if of is not None and str(node) not in of:
            continue
        value, message = report.value(result, SH.value), report.value(result, SH.resultMessage)
        where = shortened(node) + (f" ({shortened(path)})" if path is not None else "")
        sentences.add(f"{where}: {message}" + (f" [{shortened(value)}]" if value is not None else ""))
    return tuple(sorted(sentences))
