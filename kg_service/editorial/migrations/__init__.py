"""The steps from one form of the tables to the next. Alembic runs them; `editorial.migrate` is their door."""
