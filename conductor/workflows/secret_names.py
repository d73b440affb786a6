"""Names of secrets and variables: where workflows and documents use them, and which of them contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conductor.workflows.documents import Files
from conductor.workflows.expression_tree import Member, path_of, walk
from conductor.workflows.reading import Use, Workflow

_DOCUMENTS = (
    "README.md readme.md README.rst README CONDUCTOR.md CONTRIBUTING.md AGENTS.md CLAUDE.md DEPLOYMENT.md SETUP.md "
    "docs/README.md docs/deployment.md docs/setup.md .github/README.md"
)
_NAME = re.compile(r"(?<![\w./-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w/-])")
# What the words of such names say is in them. A name without any of them says nothing of what it holds.
_WORDS = (
    "TOKEN USER USERNAME NAME EMAIL MAIL LOGIN PASSWORD PASSWD PASS PASSPHRASE PWD KEY KEYS APIKEY SECRET "
    "PAT API ACCESS ID URL URI HOST ADDRESS SERVER PORT DSN WEBHOOK HOOK CERT CERTIFICATE CONFIG KUBECONFIG "
    "CREDENTIALS CREDS AUTH ACCOUNT REGISTRY REPO REPOSITORY IMAGE BUCKET REGION PROJECT ORG ORGANIZATION ENDPOINT "
    "PATH SSH GPG PRIVATE PUBLIC DOCKER DOCKERHUB HUB GHCR HF HUGGINGFACE RUNPOD AWS AZURE GCP GITHUB GITLAB SLACK "
    "DISCORD TELEGRAM NPM PYPI CODECOV SENTRY APP CLIENT TENANT SUBSCRIPTION DOMAIN ENV ENVIRONMENT JSON DATA FILE "
    "VERSION TAG ZONE CHANNEL BOT DEPLOY SIGNING "
)
# Last words that mean the same.
_ROLES = (frozenset({"TOKEN", "PASSWORD", "PASSWD", "PASS", "PAT", "PWD"}), frozenset({"USER", "USERNAME", "LOGIN"}))
_FUZZY_LEAST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """One use of a secret or a variable: its context (`secrets`, `vars`), its name, and where it stands."""

    workflow: Workflow
    use: Use
    context: str
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a name seems to be wrong, and the name that may be meant (or "")."""

    reason: str
    instead: str = ""


def named_values(workflow: Workflow) -> Iterator[Named]:
    """Yield every secret and variable that the workflow takes from the repository's settings.

    Secrets that a caller hands over (`on.workflow_call.secrets`) are declared there, and are left out.
    """
    on = workflow.root.get("on")
    called = on.get("workflow_call") if isinstance(on, dict) else None
    declared = {name.upper() for name in (called.get("secrets") or {})} if isinstance(called, dict) else set()
    for use in workflow.uses():
        for tree in walk(use.tree) if use.tree is not None else ():
            path = path_of(tree)
            if path is None or len(path) != 2 or path[0].lower() not in {"secrets", "vars"}:
                continue
            if path[0].lower() == "vars" or path[1].upper() not in declared:
                begin = tree.whole.offset if isinstance(tree, Member) else tree.offset
                yield Named(workflow, use, path[0].lower(), path[1], begin)


def names_in_documents(files: Files) -> frozenset[str]:
    """Return the names in capitals that the repository's documents use: `DOCKERHUB_TOKEN`."""
    texts = [text for path in _DOCUMENTS.split() if (text := files.read(path)) is not None]
    return frozenset(name for text in texts for name in _NAME.findall(text))


def doubt_name(value: Named, values: Sequence[Named], documented: frozenset[str]) -> Doubt | None:
    """Return why a name seems to be wrong, None where nothing contradicts it."""
    name = value.name.upper()
    if value.context == "secrets" and name.startswith("GITHUB_"):
        said = f"no secret's name can begin with GITHUB_, except GITHUB_TOKEN: {value.name}"
        return None if name == "GITHUB_TOKEN" else Doubt(said, _token_like(name))
    if name in documented:
        return None
    return _contradicted(value, values, documented) or _unsupported(value, values)


def _contradicted(value: Named, values: Sequence[Named], documented: frozenset[str]) -> Doubt | None:
    """Return the name that the documentation, or another line of the workflows, has instead."""
    name, used = value.name.upper(), {one.name.upper() for one in values}
    if near := next((one for one in sorted(documented) if _is_near(name, one)), None):
        return Doubt(f"the documentation calls it {near}", near)
    if same := next((one for one in sorted(documented - used) if _is_same_role(name, one)), None):
        return Doubt(f"the documentation calls it {same}, which no workflow uses", same)
    own = [one for one in values if one.name.upper() == name and one.context == value.context]
    others = [one for one in values if one.context == value.context and one.name.upper() != name]
    twin = next((one for one in others if _is_near(name, one.name.upper())), None)
    if twin is None:
        return None
    count = sum(one.name.upper() == twin.name.upper() for one in others)
    # Of two that are used alike, the later one is the slip.
    if count > len(own) or (count == len(own) and values.index(twin) < values.index(own[0])):
        return Doubt(f"{twin.workflow.path}:{twin.use.line} calls it {twin.name}", twin.name)
    return None


def _is_same_role(one: str, other: str) -> bool:
    """Tell whether two names differ only in their last words, which mean the same: `HUB_TOKEN` and `HUB_PASSWORD`."""
    (begin, _, role), (beginning, _, another) = one.rpartition("_"), other.rpartition("_")
    return begin == beginning != "" and role != another and any({role, another} <= roles for roles in _ROLES)


def _unsupported(value: Named, values: Sequence[Named]) -> Doubt | None:
    """Return what is strange about a name that stands there once and nowhere else."""
    name = value.name.upper()
    if sum(one.name.upper() == name for one in values) > 1:
        return None
    right = next(((word, near) for word in name.split("_") if (near := _misspelt(word))), None)
    if right is not None:
        return Doubt(f"nothing else names it, and {right[0]} looks like {right[1]}", name.replace(*right))
    if value.context == "secrets" and not _says_something(name):
        return Doubt("nothing else in the repository names it")
    return None


def _token_like(name: str) -> str:
    return "GITHUB_TOKEN" if _distance_is_one(name, "GITHUB_TOKEN") else ""


def _is_near(one: str, other: str) -> bool:
    """Tell whether two names are one with a slip of the hand: a letter, two swapped, or another underscore."""
    if one == other or _digits(one) != _digits(other):
        return False
    if one.replace("_", "") == other.replace("_", ""):
        return True
    words, others = one.split("_"), other.split("_")
    differing = [(a, b) for a, b in zip(words, others, strict=False) if a != b]
    if len(words) != len(others) or len(differing) != 1:
        return False
    a, b = differing[0]
    both_words = a in _WORDS.split() and b in _WORDS.split()
    return not both_words and min(len(a), len(b)) >= _FUZZY_LEAST - 1 and _distance_is_one(a, b)


def _misspelt(word: str) -> str:
    """Return the usual word that this one is a slip away from, "" where it is one itself or near none."""
    known = _WORDS.split()
    if word in known or word.removesuffix("S") in known or len(word) < _FUZZY_LEAST - 1 or _digits(word):
        return ""
    long = [one for one in known if len(one) >= _FUZZY_LEAST]
    return next((one for one in long if word[0] == one[0] and word != f"{one}S" and _distance_is_one(word, one)), "")


def _says_something(name: str) -> bool:
    return "_" in name or any(word in name for word in _WORDS.split() if len(word) > 2)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _distance_is_one(one: str, other: str) -> bool:
    """Tell whether one letter more, less or another, or two neighbours swapped, makes the one the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, rest_other = one[start:], other[start:]
    if len(rest) == len(rest_other):
        swapped = rest[1:2] + rest[:1] + rest[2:] == rest_other
        return swapped or rest[1:] == rest_other[1:]
    return rest[1:] == rest_other if len(rest) > len(rest_other) else rest == rest_other[1:]
