"""Evaluation: what a model answers (predict), what that is worth (score, metrics), and how sure one may be (report)."""
