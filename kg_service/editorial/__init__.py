"""SQL: the append-only log of changes, the current statements, immutable releases, accounts and tokens."""
