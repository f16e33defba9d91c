"""What the verbs of `python -m kg_service` do. Each takes the parsed arguments and returns the exit code."""
