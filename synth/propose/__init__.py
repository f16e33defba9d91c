"""From textbook to knowledge: what a book says and the release does not, as candidates and proposals for people."""
