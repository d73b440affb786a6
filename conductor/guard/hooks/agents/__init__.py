"""One file per agent's hook protocol: what it sends, what it understands, and where its settings stand."""

from __future__ import annotations

AGENTS = ("claude", "codex", "gemini", "copilot", "cursor")
