"""What a configuration can be taken from before there is one: the image, what builds it, and what proves it.

Only what can be seen is answered. What can't be seen, or what several builds answer differently, is left open, with the
candidates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from conductor.config.settings import Settings
from conductor.domain.finding import Finding, Location, Severity
from conductor.ports.tree import Tree
from conductor.workflows import partial
from conductor.workflows.bake import DEFAULT_FILES, BakeFile, build_of
from conductor.workflows.builds import Found
from conductor.workflows.documents import Files, as_mapping, load_yaml
from conductor.workflows.events import Facts, find_events
from conductor.workflows.rank import Rank, best_repository, plainness, rank_of
from conductor.workflows.runs import find_builds

_DOCKERFILE = re.compile(r"(?:[Dd]ocker|Container)file(?:[._-].+)?|.+\.[Dd]ockerfile")
# What is named after a Dockerfile and is none: programs and words about one, and templates, which are filled in later.
_NO_DOCKERFILE = (
    *(".dockerignore", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".in", ".erb", ".mustache"),
    *(".md", ".rst", ".html", ".log", ".py", ".pyi", ".go", ".js", ".ts", ".rb", ".rs", ".java", ".sh", ".ps1", ".vim"),
    *(".yml", ".yaml", ".json", ".toml", ".xml", ".lock", ".patch", ".diff", ".orig", ".rej"),
)
_SKIPPED = frozenset({"node_modules", "venv", "site-packages", "third_party", "vendor", "__pycache__"})
_MAX_DEPTH = 5
_USUAL = ("image/Dockerfile", "Dockerfile", "docker/Dockerfile", "worker/Dockerfile")
_ENDPOINT = re.compile(r"\b(?:secrets|vars|env)\.(RUNPOD_[A-Z0-9_]*ENDPOINT[A-Z0-9_]*)\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one key: its value, or None with the candidates; `note` says what a person should know of it."""

    value: str | None
    candidates: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The answers, by the keys of `build` in CONDUCTOR.md, and the builds that were found, best first.

    `dockerfiles` are all in the tree. `endpoint` is the variable that the workflows take the endpoint's id from.
    """

    answers: dict[str, Answer]
    dockerfiles: tuple[str, ...]
    builds: tuple[Found, ...]
    endpoint: str | None
    smoke_input: str | None
    smoke_example: str | None
    branch: str
    notes: tuple[str, ...] = field(default=())

    def value(self, key: str) -> str | None:
        """Return what is known for a key of `build`."""
        return self.answers[key].value


def survey_repository(tree: Tree, facts: Facts, *, chosen: Found | None = None) -> Survey:
    """Look at the workflows and the tree; nothing is run, nobody is asked, nothing outside the root is read.

    With `chosen`, the answers are taken from that build instead of the one that looks most like what ships.
    """
    files = Files(tree)
    dockerfiles = find_dockerfiles(tree)
    owner = (facts.repository or "").partition("/")[0]
    ranked = order_builds(_distinct(find_builds(files, facts)), files, owner)
    builds = [found for _, found in ranked]
    best = [chosen] if chosen is not None else _best(ranked)
    answers = _answers(best, dockerfiles, files) if best else _answers_without_build(builds, dockerfiles, files)
    context = answers["context"].value or "."
    inside = "" if context == "." else f"{context}/"
    return Survey(
        answers,
        dockerfiles,
        tuple(builds),
        _find_endpoint(files),
        files.first([f"{inside}smoke/input.json", f"{inside}test_input.json", "smoke/input.json", "test_input.json"]),
        files.first([f"{inside}smoke/example.json"]),
        facts.default_branch,
        _notes(best, builds, facts.default_branch),
    )


def _distinct(builds: list[Found]) -> list[Found]:
    """Return the builds that differ in what is built and where it goes; tags and steps make no difference."""
    found: dict[tuple[object, ...], Found] = {}
    for one in builds:
        build = one.build
        key = (one.workflow, one.job, build.dockerfile, *build.repositories(), bool(build.pushed))
        found.setdefault(key, one)
    return list(found.values())


def order_builds(builds: list[Found], files: Files, owner: str) -> list[tuple[Rank, Found]]:
    """Return the builds with their ranks, what looks most like what ships first."""
    ranked = [((*rank_of(found, files, owner), *plainness(found.build)), found) for found in builds]
    return sorted(ranked, key=lambda pair: pair[0], reverse=True)


def find_dockerfiles(tree: Tree) -> tuple[str, ...]:
    """Return the Dockerfiles in the tree, hidden folders and what others wrote aside, the plainest place first."""
    found, pending = [], [("", 0)]
    while pending:
        folder, depth = pending.pop()
        for name in sorted(tree.names(folder) or ()):
            path = f"{folder}/{name}" if folder else name
            if _DOCKERFILE.fullmatch(name) and not name.endswith(_NO_DOCKERFILE) and not _is_folder(tree, path):
                found.append(path)
            elif depth < _MAX_DEPTH and not name.startswith(".") and name not in _SKIPPED and _is_folder(tree, path):
                pending.append((path, depth + 1))
    return tuple(sorted(found, key=lambda path: (_USUAL.index(path) if path in _USUAL else 9, path.count("/"), path)))


def _is_folder(tree: Tree, path: str) -> bool:
    node = tree.node(path)
    return node is not None and node.kind == "folder"


def find_context(dockerfile: str, files: Files) -> str | None:
    """Return the folder that a Dockerfile is built in: where everything it copies is; None where that is open."""
    folder = dockerfile.rpartition("/")[0] or "."
    if folder == ".":
        return "."
    text = re.sub(r"\\\s*\n", " ", files.read(dockerfile) or "")
    sources = []
    for words in re.findall(r"^[ \t]*(?:COPY|ADD)[ \t]+(?!.*--from=)([^\n]+)$", text, re.MULTILINE | re.IGNORECASE):
        given = [word.strip("\"'[],") for word in words.split() if not word.startswith("--")]
        sources += [word for word in given[:-1] if word and "$" not in word and "*" not in word and "://" not in word]
    inside = all(files.has(f"{folder}/{source}") for source in sources)
    at_root = all(files.has(source) for source in sources)
    if not sources or inside == at_root:
        return None
    return folder if inside else "."


def _best(ranked: list[tuple[Rank, Found]]) -> list[Found]:
    """Return the builds that look most like what ships: more than one where nothing tells them apart."""
    pushed = [
        (rank, found)
        for rank, found in ranked
        if found.build.pushed is not False and found.build.references and found.event not in {"called", "pull_request"}
    ]
    return [found for rank, found in pushed if rank == pushed[0][0]]


def _answers(best: list[Found], dockerfiles: tuple[str, ...], files: Files) -> dict[str, Answer]:
    def agreed(values: list[str | None]) -> Answer:
        seen = tuple(dict.fromkeys(value for value in values if value is not None))
        return Answer(seen[0] if len(seen) == 1 and None not in values else None, seen)

    dockerfile = agreed([_there(found.build.dockerfile, files.is_file) for found in best])
    if dockerfile.value is None and not dockerfile.candidates:
        dockerfile = Answer(dockerfiles[0] if len(dockerfiles) == 1 else None, dockerfiles)
    context = agreed([_there(found.build.context, files.is_folder) for found in best])
    return {
        "workflow": agreed([found.workflow for found in best]),
        "dockerfile": dockerfile,
        "context": context,
        "image": _image_answer(best, files),
    }


def _image_answer(best: list[Found], files: Files) -> Answer:
    repositories = dict.fromkeys(best_repository(found.build) for found in best)
    if len(repositories) == 1 and (only := next(iter(repositories))) is not None:
        unseen = [name for found in best for one in found.build.repositories() for name in partial.names(one)]
        said = " or ".join(dict.fromkeys(unseen))
        others = [partial.show(one) for one in best[0].build.repositories()]
        return Answer(
            only, tuple(dict.fromkeys([only, *others])), f"the default: {said} may say otherwise" if said else ""
        )
    shapes = dict.fromkeys(
        [*(partial.show(one) for found in best for one in found.build.repositories()), *_baked(files)]
    )
    named = [one for found in best for one in found.build.repositories() or found.build.references]
    names = [name for one in named for name in partial.names(one)]
    several = len({best_repository(found.build) for found in best}) > 1
    hidden = "several images are built" if several else "a part of its name is made when the workflow runs"
    why = f"{' and '.join(dict.fromkeys(names))} can't be seen from here" if names else hidden
    return Answer(None, tuple(shapes), why)


def _answers_without_build(builds: list[Found], dockerfiles: tuple[str, ...], files: Files) -> dict[str, Answer]:
    """Answer for a tree whose workflows push no image: its Dockerfile, where there is one to choose."""
    usual = [path for path in dockerfiles if path in _USUAL]
    chosen = (
        dockerfiles[0] if len(dockerfiles) == 1 or len(usual) == 1 or dockerfiles[:1] == ("image/Dockerfile",) else None
    )
    if len(usual) == 1:
        chosen = usual[0]
    context = find_context(chosen, files) if chosen else None
    tried = [*dict.fromkeys(found.workflow for found in builds)]
    why = f"{tried[0]} builds an image and pushes it nowhere" if tried else "no workflow builds the image"
    folder = chosen.rpartition("/")[0] or "." if chosen else "."
    return {
        "workflow": Answer(None, (), why),
        "dockerfile": Answer(chosen, dockerfiles),
        "context": Answer(context, tuple(dict.fromkeys([folder, "."])) if chosen else ()),
        "image": Answer(None, _baked(files), why),
    }


def find_idle_workflow(tree: Tree, settings: Settings) -> list[Finding]:
    """Return advice where the configured workflow is there and no push to the release's branch starts it."""
    build = settings.build
    document = as_mapping(load_yaml(Files(tree).read(build.workflow) or "")) if build is not None else {}
    if build is None or not document or "push" in find_events(document.get("on"), settings.branch):
        return []
    message, _, remedy = not_started(build.workflow, settings.branch).partition(": ")
    return [
        Finding(
            "CF-RUN-001",
            message,
            remedy,
            Severity.ADVICE,
            location=Location(build.workflow),
            docs="docs/release.md#what-your-workflow-must-do",
        )
    ]


def not_started(workflow: str, branch: str) -> str:
    """Return why a release would wait in vain for that workflow, and what to write."""
    return (
        f"{workflow} is not started by a push to {branch}, and a release waits for the run of its push: "
        f"write push: {{branches: [{branch}]}} below its on:"
    )


def _there(path: str | None, exists: Callable[[str], bool]) -> str | None:
    return path if path is not None and exists(path) else None


def _baked(files: Files) -> tuple[str, ...]:
    """Return the repositories that the bake file at the root names, though no workflow that was read uses it."""
    file = BakeFile(files, [path for path in DEFAULT_FILES if "bake" in path and files.is_file(path)], {})
    builds = [build_of(file.resolve(name), ".") for name in file.targets]
    return tuple(dict.fromkeys(name for build in builds for one in [best_repository(build)] if (name := one)))


def _find_endpoint(files: Files) -> str | None:
    """Return the one variable that workflows call the endpoint's id by; None for none, or for several."""
    names = {name for path in files.workflows() for name in _ENDPOINT.findall(files.read(path) or "")}
    return next(iter(names)) if len(names) == 1 else None


def _notes(best: list[Found], builds: list[Found], branch: str) -> tuple[str, ...]:
    """Return what a person should know of the choice."""
    if not best:
        return ()
    notes = []
    chosen = best[0]
    others = {
        (best_repository(found.build), found.build.dockerfile)
        for found in builds
        if found.build.pushed is not False and found.event not in {"called", "pull_request"}
    } - {(best_repository(found.build), found.build.dockerfile) for found in best}
    shown = sorted(f"{image} from {path or 'a Dockerfile that can not be seen'}" for image, path in others if image)
    if shown:
        more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        notes.append(f"also built here: {', '.join(shown[:3])}{more}")
    if chosen.event != "push" and len({found.workflow for found in best}) == 1:
        notes.append(not_started(chosen.workflow, branch))
    return tuple(notes)
