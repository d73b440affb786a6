"""The answers that a first configuration is written from: what the survey is certain of, and what a person says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conductor.cli.terminal import ask_text
from conductor.config.disk import DiskTree
from conductor.config.faults import is_repository
from conductor.config.schema import FILL_IN
from conductor.domain.text import one_line
from conductor.workflows.builds import Found
from conductor.workflows.events import Facts
from conductor.workflows.survey import Answer, Survey, survey_repository

if TYPE_CHECKING:
    from conductor.cli.wiring import Project

ENDPOINT = "env:RUNPOD_ENDPOINT"
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-][A-Za-z0-9_./@:+-]*")
_QUESTIONS = {
    "workflow": "The workflow that builds and pushes it, as .github/workflows/NAME.yml",
    "dockerfile": "Its Dockerfile",
    "context": "The folder it is built in",
    "image": "The image's repository, without a tag",
}


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """What is written: the keys of `build` (none for a project without an image), and the rest of the front matter."""

    build: dict[str, Answer]
    endpoint: str
    branch: str
    smoke_input: str | None
    smoke_example: str | None
    notes: tuple[str, ...]

    @property
    def open_keys(self) -> list[str]:
        """Return the keys that are left to fill in."""
        return [f"build.{name}" for name, answer in self.build.items() if answer.value is None]

    def build_lines(self) -> list[str]:
        """Return the lines below `build:`, with what was found as a comment where nothing is certain."""
        return [_line(name, answer) for name, answer in self.build.items()]


def survey_project(project: Project, *, chosen: Found | None = None) -> Survey:
    """Look at the project's workflows and tree, with its remote's name and its default branch."""
    return survey_repository(DiskTree(project.root), facts_of(project), chosen=chosen)


def facts_of(project: Project) -> Facts:
    """Return what the workflows' expressions need to know of the repository."""
    from conductor.errors import UsageProblem
    from conductor.providers.github import parse_slug

    remotes = project.repository.remotes()
    remote = next((one for one in remotes if one.name == "origin"), remotes[0] if remotes else None)
    slug = None
    if remote is not None and remote.configured_urls:
        try:
            slug = parse_slug(remote.configured_urls[0])
        except UsageProblem:
            slug = None
    named = f"refs/remotes/{remote.name}/HEAD" if remote is not None else ""
    head = (
        project.repository.run("symbolic-ref", "--short", named, check=False).stdout.decode().strip() if named else ""
    )
    branch = head.partition("/")[2] or project.repository.branch() or "main"
    return Facts(slug, branch)


def certain_answers(survey: Survey) -> FirstAnswers:
    """Return what is certain; the rest stays open."""
    build = dict(survey.answers) if survey.dockerfiles or survey.builds else {}
    endpoint = f"env:{survey.endpoint}" if survey.endpoint else ENDPOINT
    return FirstAnswers(build, endpoint, survey.branch, survey.smoke_input, survey.smoke_example, survey.notes)


def ask_for_answers(project: Project, survey: Survey) -> FirstAnswers:
    """Ask the person at the terminal for what can't be seen; an empty answer leaves it open."""
    distinct = _distinct(survey.builds)
    if len(distinct) > 1 and survey.value("image") is None:
        chosen = _choose(distinct)
        if chosen is not None:
            survey = survey_project(project, chosen=chosen)
    answers = certain_answers(survey)
    if not answers.build:
        return answers
    checks: dict[str, Callable[[str], bool]] = {
        "workflow": lambda text: (project.root / text).is_file(),
        "dockerfile": lambda text: (project.root / text).is_file(),
        "context": lambda text: (project.root / text).is_dir(),
        "image": is_repository,
    }
    build = {}
    for name, answer in answers.build.items():
        certain = answer.value is not None and not answer.note
        build[name] = answer if certain else _ask(name, answer, checks[name])
    endpoint = ask_text("The RunPod endpoint's id, or env:VARIABLE", answers.endpoint)
    return replace(answers, build=build, endpoint=endpoint or answers.endpoint)


def _ask(name: str, answer: Answer, is_right: Callable[[str], bool]) -> Answer:
    usable = [one for one in answer.candidates if is_right(one)]
    # Of several that are possible none is more likely: Enter must not choose one.
    default = answer.value or (usable[0] if len(usable) == 1 else "")
    if answer.note or answer.candidates:
        found = f" (found: {', '.join(answer.candidates[:6])})" if answer.candidates else ""
        print(f"build.{name}: {answer.note or 'several are possible'}{found}")
    question = _QUESTIONS[name] if default else f"{_QUESTIONS[name]} (empty: later)"
    while True:
        text = ask_text(question, default)
        if not text:
            return replace(answer, value=None)
        if is_right(text):
            return Answer(text)
        wanted = (
            "Lower case, without a tag or digest: ghcr.io/owner/name." if name == "image" else f"There is no {text}."
        )
        print(wanted)


def _distinct(builds: tuple[Found, ...]) -> list[Found]:
    """Return the pushed builds that differ in what they build or where it goes, best first."""
    seen: dict[tuple[str | None, tuple[str, ...]], Found] = {}
    for found in builds:
        if found.build.pushed is not False and found.event not in {"called", "pull_request"}:
            seen.setdefault((found.build.dockerfile, tuple(found.build.repositories())), found)
    return list(seen.values())


def _choose(distinct: list[Found]) -> Found | None:
    from conductor.workflows import partial

    print("Several images are built here:")
    for number, found in enumerate(distinct, start=1):
        names = (
            ", ".join(partial.show(partial.fill(one)) for one in found.build.repositories())
            or "an image without a name"
        )
        print(f"  {number:>2}  {names}  from {found.build.dockerfile or '?'}, by {found.workflow}")
    while True:
        text = ask_text("Which one is released (empty: later)")
        if not text:
            return None
        if text.isdecimal() and 0 < int(text) <= len(distinct):
            return distinct[int(text) - 1]
        print(f"A number from 1 to {len(distinct)}.")


def _line(name: str, answer: Answer) -> str:
    value = _quoted(answer.value) if answer.value is not None else FILL_IN
    said = [answer.note] if answer.note else []
    if answer.value is None and answer.candidates:
        said.append(f"found: {', '.join(answer.candidates[:6])}")
    comment = one_line("; ".join(said), 300)
    return f"{name}: {value}{f'  # {comment}' if said else ''}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
