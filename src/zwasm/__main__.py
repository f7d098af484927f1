"""`python -m zwasm` is the command `zwasm`."""

from __future__ import annotations

from zwasm.cli import main

if __name__ == "__main__":
    main()
