"""Alembic's entry: run the steps on the connection that `editorial.migrate` gives, inside its transaction."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from kg_service.editorial.migrate import metadata


def _rendered(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """SQLModel's own name for text means nothing in a step that must outlive the models."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,  # SQLite changes a column by making its table anew
    render_item=_rendered,
)
with context.begin_transaction():
    context.run_migrations()
