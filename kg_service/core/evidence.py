"""What stands behind a statement: a source, or that one is still owed. Only what has a source can be reviewed."""

from __future__ import annotations

from .concept import REVIEWED, UNREVIEWED
from .errors import RequestInvalid


def attested(source: str, *, owed: bool, reviewed: bool) -> tuple[str, str]:
    """The source and the review status of a statement that somebody makes.

    Args:
        source: where it is written, empty for nowhere yet.
        owed: its author knows that it needs a source.

    Raises:
        RequestInvalid: it has neither, or both; or it is called reviewed without a source.
    """
    source = " ".join(source.split())
    if source and owed:
        raise RequestInvalid("it has a source and is marked as needing one; leave one of the two out")
    if not source and not owed:
        raise RequestInvalid("name a source, or mark that it needs one")
    if reviewed and not source:
        raise RequestInvalid("what needs a source cannot be called reviewed")
    return source, REVIEWED if reviewed else UNREVIEWED
