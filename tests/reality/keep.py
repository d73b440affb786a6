"""Disagreements kept as case folders: project, truth and one line why, one of each kind."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.reality.compare import WRONG, Row


def kind_of(row: Row) -> str:
    """Return what makes two disagreements the same kind: the fault that was missed, or the finding that was wrong."""
    if row.verdict == "missed":
        return row.case.fault
    if row.verdict == "robust":
        return row.case.name
    code, message = row.said[0]
    return f"{code}-{'-'.join(re.findall(r'[a-z]{3,}', message.lower())[:6])}"


def keep(rows: list[Row], cases: Path, target: Path) -> list[str]:
    """Copy one case of each kind that is not kept yet to target/{start,build}/; returns a line for each new one."""
    lines = []
    for row in rows:
        if row.verdict not in WRONG:
            continue
        about_start = row.truth.stage == "start" or (
            row.truth.works and any(code.startswith("PF-START") for code, _ in row.said[:1])
        )
        folder = target / ("start" if about_start else "build") / f"{row.verdict}-{kind_of(row)}"
        if folder.exists():
            continue
        why = (
            row.truth.error[-200:]
            or "; ".join(f"{code} {message}" for code, message in row.said)[:200]
            or row.answer.trouble
        )
        folder.mkdir(parents=True)
        shutil.copytree(cases / row.case.name / "project", folder / "project", symlinks=True)
        truth = {
            "builds": row.truth.builds,
            "starts": row.truth.starts,
            "error": row.truth.error,
            "shows": row.case.shows,
        }
        about = {
            "stage": row.truth.stage,
            "offline": row.case.shows != "",
            "preflight": row.verdict,
            "case": row.case.name,
        }
        (folder / "truth.json").write_text(json.dumps(truth | about, indent=1, ensure_ascii=False) + "\n")
        (folder / "why.txt").write_text(why + "\n")
        lines.append(f"- {folder.relative_to(target)}: {why}")
    return lines
