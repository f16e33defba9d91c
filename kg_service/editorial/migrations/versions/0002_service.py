"""The service: proposals and their reviews, who touched what, accounts that sign in, labels that did not resolve."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SUBJECT = re.compile(r"^<([^>]*)>", re.MULTILINE)


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attempt_address", "attempt", ["address"])
    op.create_index("ix_attempt_at", "attempt", ["at"])
    op.create_index("ix_attempt_name", "attempt", ["name"])
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comment_proposal", "comment", ["proposal"])
    op.create_table(
        "datasetlabel",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_datasetlabel_dataset", "datasetlabel", ["dataset"])
    op.create_table(
        "labeldecision",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("concepts", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("proposal", sa.Integer(), nullable=True),
        sa.Column("undone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_labeldecision_key", "labeldecision", ["key"])
    op.create_index("ix_labeldecision_proposal", "labeldecision", ["proposal"])
    op.create_table(
        "proposal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("changes", sa.String(), nullable=False),
        sa.Column("expects", sa.String(), nullable=False),
        sa.Column("reverts", sa.Integer(), nullable=True),
        sa.Column("light", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_proposal_author", "proposal", ["author"])
    op.create_index("ix_proposal_state", "proposal", ["state"])
    op.create_table(
        "review",
        sa.Column("proposal", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("proposal"),
    )
    op.create_index("ix_review_reviewer", "review", ["reviewer"])
    op.create_table(
        "shapes",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("ntriples", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "touch",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("iri", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "iri"),
    )
    op.create_index("ix_touch_iri", "touch", ["iri"])
    op.create_table(
        "unmappedlabel",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "job"),
    )
    op.create_index("ix_unmappedlabel_dataset", "unmappedlabel", ["dataset"])
    op.create_table(
        "browsersession",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"]),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_browsersession_account", "browsersession", ["account"])
    op.create_table(
        "invitation",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=True),
        sa.Column("expires", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"]),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_invitation_account", "invitation", ["account"])
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("trusted", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("subject", sa.String(), nullable=True))
        table.create_unique_constraint("uq_account_subject", ["subject"])

    with op.batch_alter_table("release") as table:
        table.add_column(sa.Column("signed_by", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("token") as table:
        table.add_column(sa.Column("scopes", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("purpose", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("used", sa.String(), nullable=True))

    _fill_touch()


def _fill_touch() -> None:
    """Changes of the first release did not write down the nodes they were about: those they said something of."""
    connection = op.get_bind()
    change = sa.table("change", sa.column("seq"), sa.column("added"), sa.column("removed"))
    touch = sa.table("touch", sa.column("seq"), sa.column("iri"))
    for seq, added, removed in connection.execute(sa.select(change.c.seq, change.c.added, change.c.removed)).all():
        iris = sorted(set(_SUBJECT.findall(added + removed)))
        if iris:
            connection.execute(sa.insert(touch), [{"seq": seq, "iri": iri} for iri in iris])
