"""RDF: the vocabulary, Turtle files, SHACL, and the way between a graph and the core's values."""
