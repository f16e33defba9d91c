"""Synthesis: cases (drawn or read from datasets) -> fact packs -> trajectories -> checks."""
