"""Next steps become tasks with expectations, not prose that nobody takes up again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conductor.records.expectations import Expectation, read_wish
from conductor.records.files import TASKS
from conductor.records.store import Records
from conductor.records.tasks import TaskFile
from conductor.sessions.session import Session
from conductor.sessions.summary import new_entries, tell_tasks

# What a sentence about the future is usually about, and what would show that it happened.
_SIGNS: tuple[tuple[str, str], ...] = (
    (r"\b(?:build|workflow|github actions|ci)\b", "build"),
    (r"\b(?:registry|image is pushed|docker hub|ghcr)\b", "image"),
    (r"\b(?:deploy\w*|rollout|release|endpoint)\b", "deployed"),
    (r"\b(?:smoke|runpod|target environment|inference|end[- ]to[- ]end)\b", "smoke"),
    (r"\b(?:performance|speed|latency|slower|faster)\b", "performance production"),
    (r"\b(?:commit|push)\b", "commit"),
    (r"\b(?:tests?|pytest)\b(?! in target)", "command unit"),
)


def read_next_step(text: str, commands: Sequence[str] = ()) -> tuple[str, list[Expectation]]:
    """Return the task's title and its expectations.

    Expectations stand in brackets behind the text, `Validate the build [build, smoke]`; without brackets they are taken
    from its words, and `manual` is expected where no word tells. `commands` are the names the project may run.
    Raises UsageProblem for an unknown kind in brackets.
    """
    match = re.fullmatch(r"(?P<title>.*?)\s*\[(?P<wishes>[^\]]*)\]\s*", text, re.DOTALL)
    if match:
        return match["title"], [read_wish(wish.strip()) for wish in match["wishes"].split(",") if wish.strip()]
    found = [wish for sign, wish in _SIGNS if re.search(sign, text, re.IGNORECASE)]
    wishes = [wish for wish in found if not wish.startswith("command") or wish.split()[1] in commands]
    return text.strip(), [read_wish(wish) for wish in wishes or ["manual"]]


def find_next_steps(records: Records, session: Session) -> list[str]:
    """Return the steps the session wrote down as "Next Steps", in a task's context or a journal entry.

    Several in one sentence are parted by semicolons or numbers; one that is already a task's title is left out.
    """
    items = [item for story in tell_tasks(records, session) for item in story.context]
    for entry in new_entries(records, session):
        items += entry["fields"] if isinstance(entry["fields"], list) else []
    texts = [text for name, text in items if re.fullmatch(r"next(?: steps?)?", name.strip(), re.IGNORECASE)]
    steps = [step.strip(" .;,") for text in texts for step in re.split(r";|(?:^|\s)\(?\d+[.)]\s+", text)]
    document = records.peek(TASKS)
    known = {task.title.lower() for task in TaskFile(document).tasks()} if document else set()
    return [step for step in dict.fromkeys(steps) if step and read_next_step(step)[0].lower() not in known]
