"""What starts a workflow, and what GitHub tells a run about it, as far as that is known before the run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conductor.workflows import partial
from conductor.workflows.documents import WORKSPACE, as_list, as_mapping
from conductor.workflows.expressions import Open, Unknown

# Name of the trigger -> the event as `builds.EVENTS` has it.
_TRIGGERS = {
    "release": "release",
    "workflow_dispatch": "dispatch",
    "repository_dispatch": "dispatch",
    "workflow_run": "follows",
    "schedule": "schedule",
    "pull_request": "pull_request",
    "pull_request_target": "pull_request",
    "merge_group": "pull_request",
    "create": "tag",
    "workflow_call": "called",
}
_EVENT_NAMES = {"tag": "push", "dispatch": "workflow_dispatch", "follows": "workflow_run", "called": "push"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the repository: `owner/name` from its remote (None without one), and its default branch."""

    repository: str | None
    default_branch: str

    def shell_variables(self, event: str) -> dict[str, str]:
        """Return the variables that GitHub sets in every step's shell."""
        github = self.context(event)
        return {f"GITHUB_{name.upper()}": value for name, value in github.items() if isinstance(value, str)}

    def context(self, event: str) -> Open:
        """Return the `github` context of a run for this event."""
        slug = self.repository or partial.mark("github.repository")
        owner = slug.partition("/")[0] if self.repository else partial.mark("github.repository_owner")
        name = slug.partition("/")[2] if self.repository else partial.mark("github.event.repository.name")
        ref_name = self.default_branch if event not in {"tag", "release"} else partial.mark("github.ref_name")
        ref_type = "tag" if event in {"tag", "release"} else "branch"
        ref = f"refs/{'tags' if ref_type == 'tag' else 'heads'}/{ref_name}"
        if event == "pull_request":
            ref, ref_name = partial.mark("github.ref"), partial.mark("github.ref_name")
        payload = Open({"repository": Open({"name": name, "full_name": slug, "default_branch": self.default_branch})})
        if event != "pull_request":
            payload["pull_request"] = None
        if event != "release":
            payload["release"] = None
        return Open(
            repository=slug, repository_owner=owner, ref=ref, ref_name=ref_name, ref_type=ref_type,
            sha=partial.mark("github.sha"), event_name=_EVENT_NAMES.get(event, event), event=payload,
            actor=partial.mark("github.actor"), run_id=partial.mark("github.run_id"),
            run_number=partial.mark("github.run_number"), workspace=WORKSPACE, server_url="https://github.com",
            head_ref="" if event != "pull_request" else partial.mark("github.head_ref"),
            base_ref="" if event != "pull_request" else partial.mark("github.base_ref"),
        )  # fmt: skip


def find_events(triggers: Any, default_branch: str) -> list[str]:
    """Return the events that start a workflow, those that say most about what ships first."""
    from conductor.workflows.builds import EVENTS

    names = triggers if isinstance(triggers, dict) else dict.fromkeys(map(str, as_list(triggers)), "")
    found = {event for name, event in _TRIGGERS.items() if name in names}
    if "push" in names:
        found |= set(_push_events(as_mapping(names["push"]), default_branch))
    return [event for event in EVENTS if event in found]


def _push_events(filters: dict[str, Any], branch: str) -> list[str]:
    """Return `push` where a push to the branch starts it, `tag` where a tag does; one filter shuts out the other."""
    branches, ignored = as_list(filters.get("branches")), as_list(filters.get("branches-ignore"))
    tags = as_list(filters.get("tags")) or as_list(filters.get("tags-ignore"))
    found = []
    if branches or ignored:
        if (branches and matches_filters(branches, branch)) or (ignored and not matches_filters(ignored, branch)):
            found.append("push")
    elif not tags:
        found.append("push")
    if tags or not (branches or ignored):
        found.append("tag")
    return found


def matches_filters(patterns: Sequence[Any], name: str) -> bool:
    """Apply filter patterns in order; a later one, `!` for exclusion, overrides an earlier one."""
    verdict = False
    for pattern in map(str, patterns):
        excluded = pattern.startswith("!")
        if _matches(pattern.removeprefix("!"), name):
            verdict = not excluded
    return verdict


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(_filter_expression(pattern), name) is not None
    except re.error:
        return False  # GitHub refuses such a filter, and the workflow with it


def _filter_expression(pattern: str) -> str:
    """Return GitHub's filter pattern as a regular expression: `*` stays in one folder, `**` does not."""
    out = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\+|\[[^\]]*\]|[^*?+\[]|\[", pattern[:200]):
        match token:
            case "**/":
                out += "(?:.*/)?"
            case "**":
                out += ".*"
            case "*":
                out += "[^/]*"
            case "?" | "+" if out:
                out += token
            case _ if len(token) > 2 and token.startswith("["):
                out += "[" + re.sub(r"([\[&|~])", r"\\\1", token[1:])
            case _:
                out += re.escape(token)
    return out


def event_contexts(event: str, document: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """Return the contexts that a run of the workflow starts with."""
    on = as_mapping(document.get("on"))
    trigger = {"dispatch": "workflow_dispatch", "called": "workflow_call"}.get(event, "")
    declared = as_mapping(as_mapping(on.get(trigger)).get("inputs"))
    inputs: dict[str, Any] = {}
    for name, value in declared.items():
        default = as_mapping(value).get("default", "")
        # Who starts it by hand may type another value; the default is what stands in the file.
        inputs[name] = (
            (default == "true")
            if as_mapping(value).get("type") == "boolean"
            else Unknown(f"inputs.{name}", default or None)
        )
    github = facts.context(event)
    github["event"]["inputs"] = dict(inputs)
    github["workflow"] = str(document.get("name") or "")
    return {"github": github, "inputs": inputs, "secrets": Open(), "vars": Open(), "env": Open()}
