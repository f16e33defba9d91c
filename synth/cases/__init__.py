"""Cases: drawn phantoms and published datasets -> `cases.jsonl`, split by patient, without copies across splits."""
