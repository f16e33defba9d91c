"""One file per topic, each with a `router`."""
