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


class ConceptRetired(UnknownConcept):
    """An id that was a concept once. `replaced_by` holds the concepts that stand for it now, maybe none."""

    code = "concept-retired"

    def __init__(self, message: str, replaced_by: tuple[str, ...] = ()) -> None:
        self.replaced_by = replaced_by
        super().__init__(message)


class UnknownFeature(SkinR1Error):
    """An id that no feature of the release has."""

    code = "unknown-feature"


class UnknownDifferential(SkinR1Error):
    """Two concepts that no differential of the release joins."""

    code = "unknown-differential"


class UnknownCrosswalk(SkinR1Error):
    """A dataset, or a label of one, that the crosswalk does not know."""

    code = "unknown-crosswalk"


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


class UnknownProposal(SkinR1Error):
    """A number that no proposal has."""

    code = "unknown-proposal"


class UnknownChange(SkinR1Error):
    """A seq that no change of the log has."""

    code = "unknown-change"


class NotStated(SkinR1Error):
    """An item that the draft does not hold."""

    code = "not-stated"


class PreconditionRequired(SkinR1Error):
    """A write that does not say which state it edits (`If-Match`)."""

    code = "precondition-required"


class Stale(SkinR1Error):
    """What was to be edited has changed since its author read it. Read it again; nothing was written."""

    code = "stale"


class EditConflict(KnowledgeInvalid):
    """A proposal would overwrite what others have changed since it was made; the findings name each part."""

    code = "edit-conflict"


class ProposalClosed(SkinR1Error):
    """A proposal that was decided already."""

    code = "proposal-closed"


class NothingChanged(SkinR1Error):
    """Changes after which everything is as before, or a release without a change since the last one."""

    code = "nothing-changed"


class ReleaseExists(SkinR1Error):
    """A release of this name stands already; releases never alter."""

    code = "release-exists"


class SeqUnknown(SkinR1Error):
    """`KG-Min-Seq` asks for a change that the log does not hold."""

    code = "seq-unknown"


class RequestInvalid(SkinR1Error):
    """A request to the service is well-formed JSON but cannot be answered (columns of different length, …)."""

    code = "request-invalid"


class RequestTooLarge(RequestInvalid):
    """A request has more rows or bytes than one answer may take; the message says how many."""

    code = "request-too-large"


class Unauthenticated(SkinR1Error):
    """Nobody is signed in: no token or session, or one that is unknown, expired or revoked."""

    code = "unauthenticated"


class Forbidden(SkinR1Error):
    """Who is signed in may not do this. The message names the role or scope it takes."""

    code = "forbidden"


class CrossSite(Forbidden):
    """A browser's write with a session cookie that does not come from our own pages."""

    code = "cross-site"


class TooManyAttempts(SkinR1Error):
    """Too many failed sign-ins. `retry_after` says after how many seconds the next one is heard."""

    code = "too-many-attempts"

    def __init__(self, message: str, retry_after: int = 60) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class UnknownAccount(SkinR1Error):
    """A name that no account has, or a token id that the account does not have."""

    code = "unknown-account"


class AccountExists(SkinR1Error):
    """The name of a new account, or the identity to be linked with it, belongs to another account."""

    code = "account-exists"


class LastAdmin(SkinR1Error):
    """The change would leave no admin who can sign in."""

    code = "last-admin"


class InvitationInvalid(SkinR1Error):
    """A one-time link that was never given, was used, or is too old."""

    code = "invitation-invalid"


class PasswordRefused(SkinR1Error):
    """A new password that is too short or too long; the message says by what rule."""

    code = "password-refused"


class IdentityRefused(SkinR1Error):
    """What an identity provider said does not hold: wrong state, nonce, signature, audience or time."""

    code = "identity-refused"


class IdentityUnavailable(SkinR1Error):
    """The identity provider cannot be reached, or answers nonsense."""

    code = "identity-unavailable"


class NoIdentityProvider(SkinR1Error):
    """Single sign-on was asked of a service whose settings name no identity provider."""

    code = "no-identity-provider"


class StorageUnavailable(SkinR1Error):
    """The database is gone, full, damaged or busy. `retry_after` says after how many seconds to try again."""

    code = "storage-unavailable"

    def __init__(self, message: str, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class SchemaMismatch(ConfigInvalid):
    """The database's tables are older than this program needs, or newer than it knows."""

    code = "schema-mismatch"


class HistoryBroken(KnowledgeInvalid):
    """The stored log contradicts itself or what is said to follow from it; one finding per contradiction."""

    code = "history-broken"


class BackupInvalid(ConfigInvalid):
    """A file that is not a whole backup, or a place that it cannot be restored to."""

    code = "backup-invalid"


class NotAcceptable(RequestInvalid):
    """None of the formats that the Accept header allows is offered; the message lists those that are."""

    code = "not-acceptable"


class QueryInvalid(RequestInvalid):
    """A SPARQL query that does not parse, is not a query, or asks for graphs or services outside this service."""

    code = "query-invalid"


class QueryTooLarge(RequestTooLarge):
    """A SPARQL query that needs more memory, or has a longer result, than one query may."""

    code = "query-too-large"


class QueryTimeout(SkinR1Error):
    """A SPARQL query that was still running at its deadline."""

    code = "query-timeout"


class UnknownTerminology(SkinR1Error):
    """A code system, value set or concept map that the FHIR face does not have; the message lists those it has."""

    code = "unknown-terminology"


class FeedUnavailable(SkinR1Error):
    """The SPARQL server that holds a copy of the statements cannot be reached or refuses an update."""

    code = "feed-unavailable"


class SandboxUnavailable(SkinR1Error):
    """No SPARQL query can be run now: too many are running, or their process does not start."""

    code = "sandbox-unavailable"
    retry_after = 2


class UnknownDataset(SkinR1Error):
    """A dataset that nobody registered."""

    code = "unknown-dataset"


class UnknownLabel(SkinR1Error):
    """A label of a dataset that no job reported as unmapped."""

    code = "unknown-label"


class UnknownDecision(SkinR1Error):
    """A number that no decision on an unmapped label has."""

    code = "unknown-decision"


class DecisionConflict(SkinR1Error):
    """A decision on a label that is decided or resolves already, or the undoing of one that is past undoing."""

    code = "decision-conflict"


def tree(cls: type[SkinR1Error] = SkinR1Error) -> Iterator[type[SkinR1Error]]:
    """Every class of the tree, `cls` first."""
    yield cls
    for child in cls.__subclasses__():
        yield from tree(child)


def by_code(code: str) -> type[SkinR1Error]:
    """The class whose `code` this is; the base class for a code this version does not know."""
    return next((cls for cls in tree() if cls.code == code), SkinR1Error)
