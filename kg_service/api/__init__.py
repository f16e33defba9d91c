"""The REST service: an app factory, one problem handler, and routes split by topic."""
