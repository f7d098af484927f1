"""Drivers: what runs a benchmark in a process of its own, one a runtime."""
