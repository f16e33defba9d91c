"""The project's one tree of exceptions.

A model's reply being wrong is a value (`answer.Malformed`), never one of these. These are for our own data,
configuration or environment being wrong, and are raised before money or GPU time is spent.

Every class has a stable kebab-case `code`. HTTP statuses live in `kg_service.api.errors`; the client maps a code
back to its class with `by_code`.
"""

from __future__ import annotations

from collections.abc import Iterator


class SkinR1Error(Exception):
    """Base of every error this project raises on purpose. The message says what to do about it."""

    code = "skin-r1-error"


class ConfigInvalid(SkinR1Error):
    """A configuration file or command line cannot be used (unknown key, missing file, wrong type)."""

    code = "config-invalid"


class KnowledgeInvalid(SkinR1Error):
    """The hierarchy, labels, differentials or features contradict each other or the shapes.

    `findings` holds one sentence per problem, so that a person can mend all of them in one go.
    """

    code = "knowledge-invalid"

    def __init__(self, message: str, findings: tuple[str, ...] = ()) -> None:
        self.findings = findings
        listed = "".join(f"\n  - {finding}" for finding in findings[:20])
        more = f"\n  … and {len(findings) - 20} more" if len(findings) > 20 else ""
        super().__init__(message + listed + more)


class CycleFound(KnowledgeInvalid):
    """A concept would be its own ancestor. The findings name the concepts of one cycle in order."""

    code = "cycle-found"


class TurtleBroken(KnowledgeInvalid):
    """A Turtle file does not parse. The message names file and line."""

    code = "turtle-broken"


class UnknownConcept(SkinR1Error):
    """An id that no concept of the release has."""

    code = "unknown-concept"


class UnknownFeature(SkinR1Error):
    """An id that no feature of the release has."""

    code = "unknown-feature"


class UnknownRelease(SkinR1Error):
    """A release id or digest that the service does not hold."""

    code = "unknown-release"


class DigestMismatch(SkinR1Error):
    """The bytes of a snapshot do not have the digest that was asked for."""

    code = "digest-mismatch"


class KnowledgeUnavailable(SkinR1Error):
    """The service cannot be reached and no cached or local snapshot can stand in."""

    code = "knowledge-unavailable"


class GoldUnresolved(SkinR1Error):
    """Gold labels that name no single concept. Raised before training or evaluation; `rows` names them."""

    code = "gold-unresolved"

    def __init__(self, message: str, rows: tuple[str, ...] = ()) -> None:
        self.rows = rows
        listed = "".join(f"\n  - {row}" for row in rows[:20])
        more = f"\n  … and {len(rows) - 20} more" if len(rows) > 20 else ""
        super().__init__(message + listed + more)


class OptionsInvalid(SkinR1Error):
    """The options of a multiple-choice question are unusable (none, more than 26, or two alike)."""

    code = "options-invalid"


class RecordInvalid(SkinR1Error):
    """A line of a JSONL file, or a record built by code, is not what its schema says."""

    code = "record-invalid"


class ImageUnreadable(SkinR1Error):
    """An image file is missing, truncated or not an image. The message names it."""

    code = "image-unreadable"


class RequestInvalid(SkinR1Error):
    """A request to the service is well-formed JSON but cannot be answered (columns of different length, …)."""

    code = "request-invalid"


class RequestTooLarge(RequestInvalid):
    """A request has more rows or bytes than one answer may take; the message says how many."""

    code = "request-too-large"


def tree(cls: type[SkinR1Error] = SkinR1Error) -> Iterator[type[SkinR1Error]]:
    """Every class of the tree, `cls` first."""
    yield cls
    for child in cls.__subclasses__():
        yield from tree(child)


def by_code(code: str) -> type[SkinR1Error]:
    """The class whose `code` this is; the base class for a code this version does not know."""
    return next((cls for cls in tree() if cls.code == code), SkinR1Error)
