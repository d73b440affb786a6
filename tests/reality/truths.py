"""What really happened to each case, kept in a folder so that nothing is built twice."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.reality.engine import Store, Truth
from tests.reality.faults import FAULTS
from tests.reality.plan import Case
from tests.reality.project import Project

# Where a fault shows is judged by today's table, not by that of the day of the build.
SHOWS = {fault.name: fault.shows for fault in FAULTS}


def build_all(store: Store, cases: list[Case], out: Path) -> None:
    """Write each case and its truth, one line each; while some are being started the next is built."""

    def tell(case: Case) -> None:
        folder = out / case.name
        if load_truth(folder, case.project.digest):
            return
        shutil.rmtree(folder, ignore_errors=True)
        case.project.write(folder / "project")
        about = {
            "shape": case.project.shape,
            "twists": case.twists,
            "parent": case.parent,
            "fault": case.fault,
            "shows": case.shows,
        }
        (folder / "case.json").write_text(json.dumps(about, indent=1) + "\n")
        truth = store.try_out(folder / "project", "localhost/reality-" + case.name)
        (folder / "log.txt").write_text(truth.log)
        save_truth(folder, truth, case.project.digest)
        print(f"{case.name}: {'works' if truth.works else truth.stage + ' fails: ' + truth.error[-120:]}", flush=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, cases))


def load_cases(out: Path) -> list[Case]:
    """Read the cases that have a truth, of whatever plan they were; their files stay on disk."""
    cases = []
    for folder in sorted(path.parent for path in out.glob("*/truth.json")):
        about = json.loads((folder / "case.json").read_text())
        project = Project({}, about["shape"])
        shows = SHOWS.get(about["fault"], about["shows"])
        cases.append(Case(folder.name, project, tuple(about["twists"]), about["parent"], about["fault"], shows))
    return cases


def save_truth(folder: Path, truth: Truth, digest: str) -> None:
    """Write truth.json, whole or not at all, with what it is the truth about."""
    text = {name: value for name, value in asdict(truth).items() if name != "log"}
    draft = folder / "truth.draft"
    draft.write_text(json.dumps({**text, "digest": digest}, indent=1) + "\n")
    draft.replace(folder / "truth.json")


def load_truth(folder: Path, digest: str = "") -> Truth | None:
    """Read truth.json; None where the case was not tried yet, or was another project (where a digest is given)."""
    try:
        text = json.loads((folder / "truth.json").read_text())
    except FileNotFoundError:
        return None
    return Truth(text["builds"], text["starts"], text["error"]) if digest in {"", text.get("digest")} else None
