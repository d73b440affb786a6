"""Programs that run tests or checks of the code, or what a file of the project tells them.

Source: each one's own documentation, November 2026.
"""

from __future__ import annotations

from conductor.programs.words import CHECKS, Words

_ALL = Words(effects={CHECKS: ""})


def _does(file: str) -> Words:
    return Words(file=file)


PROGRAMS = {
    "ctest bats shellspec phpunit rspec gotestsum jest vitest mocha ava tap playwright cypress karma ruff mypy flake8"
    " pylint pyright black isort eslint tsc shellcheck hadolint yamllint bandit lint-imports actionlint clang-tidy"
    " cppcheck": _ALL,
    "mvn": Words(valued="-f/--file -pl/--projects -P -s/--settings", clusters=False, effects={CHECKS: "test verify"}),
    "gradle gradlew": Words(
        valued="-b/--build-file -p/--project-dir -x/--exclude-task", effects={CHECKS: "test check"}
    ),
    "swift bazel zig mix": Words(effects={CHECKS: "test"}),
    "terraform": Words(effects={CHECKS: "validate"}),
    "helm": Words(effects={CHECKS: "lint"}),
    "task": _does("Taskfile.yml Taskfile.yaml taskfile.yml"),
    "rake": _does("Rakefile"),
    "invoke inv": _does("tasks.py"),
    "doit": _does("dodo.py"),
    "pre-commit": _does(".pre-commit-config.yaml"),
    "ninja": _does("build.ninja"),
    "dagger": _does("dagger.json"),
    "lefthook": _does("lefthook.yml"),
}
