"""The OBO format of the biomedical ontologies, read and written by pronto.

What OBO has no place for travels like this, and is read back:
    the condition        property_value: condition "malignant" xsd:string
    the primary parent   property_value: primary_parent SKR:melanoma (where a term has several is_a)
    a hidden label       synonym: "…" EXACT hidden_label []
    a match that is no DOID, and every close match: property_value: skos:exactMatch / skos:closeMatch <IRI>
Our ids are SKR:<id>. A term's exact synonyms are labels; broad, narrow and related ones are not this disease and are
left out. DOIDs, as the term's own id or as xref, are exact matches. Ambiguous labels, features and differentials do
not travel. Imports of other ontologies are not followed.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pronto as _pronto

from ..core.concept import Concept
from ..core.errors import KnowledgeInvalid
from ..core.knowledge import Knowledge
from ..store.statement import CONCEPT_BASE
from .reading import Source, nothing_in, text_of
from .row import Incoming, certain, condition_of, doid_iri

# Its classes are wrapped by decorators that hide their types.
pronto: Any = _pronto

PREFIX = "SKR:"
CONDITION, PRIMARY, HIDDEN = "condition", "primary_parent", "hidden_label"

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_OBO = "http://purl.obolibrary.org/obo/"
_DOID = re.compile(_OBO + r"DOID_(\d+)")
_CLAUSE = re.compile(r"^(?P<tag>id|is_a):[ \t]*(?P<id>[^\s{!]+)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*!.*$", re.MULTILINE)
_FRAME = re.compile(r"^\[(?P<kind>\w+)\]", re.MULTILINE)
_START = ("format-version:", "[Term", "[Typedef")


def read_obo(path: Source) -> tuple[Incoming, ...]:
    """A row for each term that is not obsolete, in the order of the file.

    The primary parent is the one marked so, or the first by id.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid: it is not UTF-8 OBO, states a term twice, or holds no term.
    """
    text = text_of(path)
    lines = _lines(path, text)
    terms = {term.id: term for term in _parsed(path, text, lines).terms()}
    standing = [(terms[id_], line) for id_, line in lines.items() if id_ in terms and not terms[id_].obsolete]
    found = tuple(_row(term, f"{path}, line {line}") for term, line in standing)
    if not found:
        raise nothing_in(path, "term")
    return found


def write_obo(knowledge: Knowledge) -> str:
    """Every concept as a term."""
    ontology = pronto.Ontology()
    ontology.metadata.format_version = "1.4"
    ontology.metadata.ontology = "skin-r1"
    ontology.metadata.data_version = knowledge.release or None
    ontology.metadata.idspaces["SKR"] = (CONCEPT_BASE, "concepts of Skin-R1")
    hidden = pronto.SynonymType(HIDDEN, "understood in a text, never shown")
    ontology.metadata.synonymtypedefs.add(hidden)
    for name in (CONDITION, PRIMARY):
        property_ = ontology.create_relationship(name)
        property_.name = name.replace("_", " ")
        property_.metadata_tag = True
    for id_ in knowledge.concepts:
        ontology.create_term(PREFIX + id_)
    for concept in knowledge.concepts.values():
        _write(ontology, concept, hidden)
    return _settled(ontology.dumps("obo"))


# -- reading -----------------------------------------------------------------------------------------------------


def _lines(path: Source, text: str) -> dict[str, int]:
    """Term id -> the line it stands on."""
    starts = [(found.start(), found["kind"]) for found in _FRAME.finditer(text)]
    findings: list[str] = []
    lines: dict[str, int] = {}
    counted, at, frame = 1, 0, -1
    for clause in _CLAUSE.finditer(text):
        while frame + 1 < len(starts) and starts[frame + 1][0] < clause.start():
            frame += 1
        counted, at = counted + text.count("\n", at, clause.start()), clause.start()
        a_term = clause["tag"] == "id" and frame >= 0 and starts[frame][1] == "Term"
        if a_term and lines.setdefault(clause["id"], counted) != counted:
            findings.append(f"{path}, line {counted}: the term {clause['id'][:80]} is stated twice")
    if findings:
        raise KnowledgeInvalid("this OBO file contradicts itself:", tuple(findings))
    return lines


def _parsed(path: Source, text: str, lines: dict[str, int]) -> Any:
    """What pronto makes of a text.

    It wants every is_a to be a term of the file, the version in the first line, and no line that is all comment.
    """
    told = {clause["id"] for clause in _CLAUSE.finditer(text) if clause["tag"] == "is_a"}
    bare = _COMMENT.sub("", text)
    added = 0 if bare.lstrip().startswith(_START) else 1
    whole = "format-version: 1.4\n" * added + bare
    whole += "".join(f"\n\n[Term]\nid: {id_}\n" for id_ in sorted(told - set(lines)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its doubts about the encoding, which is known
            return pronto.Ontology(io.BytesIO(whole.encode()), import_depth=0, threads=1)
    except SyntaxError as error:
        line = (error.lineno or 1) - added
        raise KnowledgeInvalid("this OBO file cannot be read:", (f"{path}, line {line}: {error.msg}",)) from error
    except Exception as error:  # the parser tells of a broken file by whatever it stumbles over
        raise KnowledgeInvalid("this OBO file cannot be read:", (f"{path}: {type(error).__name__} {error}",)) from error


def _row(term: Any, place: str) -> Incoming:
    said = sorted((annotation.property, _value(annotation)) for annotation in term.annotations)
    conditions = [value for name, value in said if name == CONDITION]
    exact = sorted(s.description for s in term.synonyms if s.scope == "EXACT" and not _is_hidden(s))
    own = [iri for iri in (doid_iri(id_) for id_ in (term.id, *sorted(x.id for x in term.xrefs))) if iri]
    return Incoming(
        key=_key(term.id),
        pref_label=term.name or "",
        parents=tuple(_parents(term, {_key(value) for name, value in said if name == PRIMARY})),
        alt_labels=tuple(exact),
        hidden_labels=tuple(sorted(s.description for s in term.synonyms if _is_hidden(s))),
        condition=condition_of(" and ".join(conditions)),
        definition=str(term.definition) if term.definition else "",
        exact_match=(*own, *_matches(said, "exactMatch")),
        close_match=tuple(_matches(said, "closeMatch")),
        place=place,
    )


def _parents(term: Any, primary: set[str]) -> Iterator[str]:
    above = sorted(_key(parent.id) for parent in term.superclasses(distance=1, with_self=False))
    yield from sorted(above, key=lambda parent: parent not in primary)


def _matches(said: list[tuple[str, str]], predicate: str) -> Iterator[str]:
    """IRIs and DOIDs; what the prefix of another id stands for cannot be known."""
    for name, value in said:
        iri = doid_iri(value) or (value if "://" in value else None)
        if iri and name in {predicate, f"skos:{predicate}", _SKOS + predicate}:
            yield iri


def _is_hidden(synonym: Any) -> bool:
    return synonym.type is not None and synonym.type.id == HIDDEN


def _value(annotation: Any) -> str:
    return annotation.literal if isinstance(annotation, pronto.LiteralPropertyValue) else annotation.resource


def _key(id_: str) -> str:
    return id_.removeprefix(CONCEPT_BASE).removeprefix(PREFIX)


# -- writing -----------------------------------------------------------------------------------------------------


def _settled(text: str) -> str:
    """The same document, neighboring clauses of one tag sorted: pronto's order of synonyms follows the hash seed."""
    runs = groupby(text.split("\n"), key=lambda line: line.partition(":")[0])
    return "\n".join(line for _, run in runs for line in sorted(run))


def _write(ontology: Any, concept: Concept, hidden: Any) -> None:
    term = ontology.get_term(PREFIX + concept.id)
    term.name = concept.pref_label
    term.definition = pronto.Definition(concept.definition) if concept.definition else None
    for label in certain(concept.alt_labels, concept):
        term.add_synonym(label, scope="EXACT")
    for label in certain(concept.hidden_labels, concept):
        term.add_synonym(label, scope="EXACT", type=hidden)
    for parent in concept.parents:
        term.superclasses().add(ontology.get_term(PREFIX + parent))
    doids = {iri: found[1] for iri in concept.exact_match if (found := _DOID.fullmatch(iri))}
    term.xrefs = {pronto.Xref(f"DOID:{number}") for number in doids.values()}
    said: set[Any] = {
        pronto.ResourcePropertyValue("skos:exactMatch", iri) for iri in concept.exact_match if iri not in doids
    }
    said |= {pronto.ResourcePropertyValue("skos:closeMatch", iri) for iri in concept.close_match}
    if concept.condition:
        said.add(pronto.LiteralPropertyValue(CONDITION, concept.condition.value, "xsd:string"))
    if len(concept.parents) > 1:
        said.add(pronto.ResourcePropertyValue(PRIMARY, PREFIX + concept.parents[0]))
    term.annotations = said
