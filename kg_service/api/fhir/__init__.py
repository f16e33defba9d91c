"""FHIR R4 terminology over a release: pure functions from `Knowledge` to FHIR JSON, and errors as OperationOutcome."""
