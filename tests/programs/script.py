"""The script that keeps the table true, as a module."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import programs as script

__all__ = ["script"]
