"""What makes a trajectory acceptable: one small function per stable code.

All of them read the text that the student will read; the structured fields are only what the text is compared with.
"""

from __future__ import annotations

from .corpus import Corpus
from .rules import Finding, Severity, review
from .subject import Subject

__all__ = ["Corpus", "Finding", "Severity", "Subject", "review"]
