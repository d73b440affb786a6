from pathlib import Path

import pytest

from conductor.config.disk import DiskTree
from conductor.config.settings import Settings
from conductor.preflight.api import Report, check_project
from conductor.preflight.load import load_subject
from conductor.preflight.repair import Plan, Repaired, plan_repairs, write_repairs


class Image:
    """A folder with a Dockerfile, judged."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self, dockerfile: str, files: dict[str, str | bytes] | None = None, executable: tuple[str, ...] = ()
    ) -> None:
        for name, content in {"Dockerfile": dockerfile, **(files or {})}.items():
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        for name in executable:
            (self.root / name).chmod(0o755)

    def follow(self, dockerfile: str, files: dict[str, str | bytes] | None = None):
        self.write(dockerfile, files)
        return load_subject(self.root, Settings())

    def judge(self, dockerfile: str, files: dict[str, str | bytes] | None = None, **options) -> Report:
        self.write(dockerfile, files, options.pop("executable", ()))
        return check_project(self.root, options.pop("settings", Settings()), **options)

    def repair(self, report: Report) -> tuple[Repaired, ...]:
        """Make the repairs of a report and return what changed on disk."""
        return write_repairs(self.root, self.plan(report))

    def plan(self, report: Report) -> Plan:
        def judge(tree):
            return check_project(self.root, Settings(), tree=tree).findings

        return plan_repairs(DiskTree(self.root), judge, report.findings)

    def codes(self, dockerfile: str, files: dict[str, str | bytes] | None = None, **options) -> set[str]:
        return {finding.code for finding in self.judge(dockerfile, files, **options).findings}

    def errors(self, dockerfile: str, files: dict[str, str | bytes] | None = None, **options) -> list[str]:
        found = self.judge(dockerfile, files, **options).findings
        return [f"{f.location}: {f.code} {f.message}" for f in found if f.severity == "error"]


@pytest.fixture
def image(tmp_path):
    return Image(tmp_path)
