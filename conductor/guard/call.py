"""A tool call as the guard judges it, whichever agent makes it. Imports nothing: every hook starts with it."""

from __future__ import annotations


class Edit:
    """One change to a file: `content` for a whole file, or `old` replaced by `new`; `path` as the agent gave it."""

    __slots__ = ("content", "new", "old", "path")

    def __init__(self, path: str, *, content: str | None = None, old: str = "", new: str = "") -> None:
        self.path = path
        self.content = content
        self.old = old
        self.new = new


class Call:
    """What an agent is about to do, or did.

    `kind` is `shell` (with `command`), `edit` (with `edits`), `mcp` (with `arguments`) or another that is not judged;
    `guessed` where only the arguments say so. `event` is the hook event's own name. `ok` says how a finished call
    ended, None where the agent doesn't.
    """

    __slots__ = (
        *("agent", "arguments", "command", "cwd", "edits", "event", "guessed", "kind", "ok", "session", "tool"),
        "use_id",
    )

    def __init__(
        self, agent: str, event: str, tool: str, kind: str, *, session: str = "", cwd: str = "", use_id: str = ""
    ) -> None:
        self.agent = agent
        self.event = event
        self.tool = tool
        self.kind = kind
        self.session = session
        self.cwd = cwd
        self.use_id = use_id
        self.command = ""
        self.edits: list[Edit] = []
        self.arguments: dict[str, object] = {}
        self.guessed = False
        self.ok: bool | None = None


class Answer:
    """What the hook process prints and how it exits."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, stdout: str = "", stderr: str = "", code: int = 0) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.code = code


def text_of(value: object) -> str:
    """Return the value where it is text, else nothing: a field of an unexpected type is a missing field."""
    return value if isinstance(value, str) else ""


def patch_edits(patch: str) -> list[Edit]:
    """Return the edits of a patch in the `*** Begin Patch` form, one for each file it names."""
    edits: list[Edit] = []
    before = ""
    for section in patch.split("\n*** ")[0 if patch.startswith("*** ") else 1 :]:
        head, _, body = section.partition("\n")
        word, _, path = head.removeprefix("*** ").partition(": ")
        if word not in _WHOLE:
            continue
        if word == "Move to" and before == "Update File":
            # What is moved away is gone from where it was.
            edits[-1] = Edit(edits[-1].path, content="")
        before = word
        lines = body.split("\n")
        old = "\n".join(line[1:] for line in lines if line[:1] in ("-", " "))
        new = "\n".join(line[1:] for line in lines if line[:1] in ("+", " "))
        edits.append(Edit(path.strip(), content=new if _WHOLE[word] else None, old=old, new=new))
    return edits


# What a section's heading says, and whether its lines are the whole file afterwards (none, where it is deleted).
_WHOLE = {"Add File": True, "Delete File": True, "Move to": True, "Update File": False}


class Outcome:
    """What a call comes to after levels and grants."""

    __slots__ = ("action", "reason", "rule", "verdict")

    def __init__(self, verdict: str, rule: str = "none", reason: str = "", action: str = "") -> None:
        self.verdict = verdict
        self.rule = rule
        self.reason = reason
        self.action = action
