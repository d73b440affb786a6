"""R6: the bigger scope is considered: why it broke, what else it touches, what comes before and after it."""

from __future__ import annotations

import re

from conductor.domain.evidence import REFERENCE
from conductor.domain.rule import BY_ID
from conductor.domain.text import one_line
from conductor.records.grammar import task_ids
from conductor.rules.answer import Answer, RuleMeta, Status
from conductor.rules.context import RuleContext
from conductor.rules.example import Story

META = RuleMeta(
    BY_ID["R6"],
    "Consider the bigger scope",
    "The task has context, a root cause with evidence, and its chain was reviewed.",
    "the task's own text in TASKS.md; the agent's sentence counts as attested, never as kept",
)
EXAMPLE = Story(
    "A task is changed, and its cause is a guess.",
    files=(
        (
            "TASKS.md",
            "# Tasks\n\n## Current Task\n**Task ID**: TASK-2026-01-05-002\n\n### Task Context\n- The build fails.\n",
        ),
    ),
)


def report(context: RuleContext) -> Answer:
    """Answer from the tasks that the session changed; else with the agent's own sentence, marked as such."""
    tasks = _changed_tasks(context)
    missing = {task: lacks for task, text in tasks.items() if (lacks := _lacks(text))}
    if tasks and not missing:
        return Answer(
            Status.KEPT, tuple(f"{task} has context, a root cause with evidence, and its chain" for task in tasks)
        )
    sentence = context.session.attested.get("R6") if context.session else None
    facts = tuple(f"{task} lacks {', '.join(lacks)}" for task, lacks in missing.items())
    if sentence:
        return Answer(Status.ATTESTED, (f'the agent says: "{one_line(sentence, 300)}"', *facts))
    return Answer(Status.NOT_OBSERVED, facts or ("no task was changed in this session",))


def _changed_tasks(context: RuleContext) -> dict[str, str]:
    now = _tasks(context.read("TASKS.md") or "")
    base = context.session.base if context.session else None
    before = _tasks((context.repository.read(base or "HEAD", "TASKS.md") or b"").decode("utf-8", "replace"))
    return {task: text for task, text in now.items() if before.get(task) != text}


def _tasks(text: str) -> dict[str, str]:
    """Return each `##` section of the file that names a task, by the first id in it."""
    sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    named = ((task_ids().search(section), section) for section in sections if section.startswith("## "))
    return {match[0]: section for match, section in named if match}


def _lacks(text: str) -> list[str]:
    """Return what a task that considers the bigger scope has and this one has not."""
    cause = re.search(r"root cause[^\n]*(?:\n(?!#)[^\n]*){0,6}", text, re.IGNORECASE)
    wanted = {
        "context": re.search(
            r"^(?:#{2,5}\s*|\W*)(?:task )?(?:context|background)\b[^\n]*\n+(?!#)\S", text, re.IGNORECASE | re.MULTILINE
        ),
        "a root cause with evidence": cause and REFERENCE.search(cause[0]),
        "its chain": re.search(r"\b(?:chain|previous|depends on|follows)\b|Dependencies\W+TASK-", text, re.IGNORECASE),
    }
    return [name for name, found in wanted.items() if not found]
