"""Benchmarks of zwasm beside its peers; run as `python -m bench`."""
