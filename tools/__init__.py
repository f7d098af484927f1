"""Programs for people who work on zwasm."""
