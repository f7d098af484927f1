"""The text format (specification, chapter 6): text to modules, and scripts of the testsuite."""

from __future__ import annotations

from zwasm.text.parser import parse_module
from zwasm.text.script import parse_script

__all__ = ["parse_module", "parse_script"]
