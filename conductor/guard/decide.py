"""From a tool call to an answer: policy, levels, exceptions, grants, the project's own rules, and the log.

On the path of every judged call of an agent: cheap imports only.
"""

from __future__ import annotations

from posix import environ, scandir, stat

from conductor.guard.asked import is_waiting, note, withdraw
from conductor.guard.call import Call, Outcome
from conductor.guard.links import resolve
from conductor.guard.log import decision_id
from conductor.rules.judge.call import ALLOW, ASK, BLOCK, SEVERITY, Facts, Ruling
from conductor.rules.judge.places import is_inside, normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from conductor.rules.judge.work import Work

CANARY = "conductor hooks canary"
SHELL_LIMIT = 1 << 16
MOST_FILES = 20_000
SKIPPED = (".git", "node_modules", ".venv", "venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")


class ProjectFiles:
    """The project's files as the judges ask for them: a name is there if the file is."""

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        self.root = root

    def __contains__(self, name: object) -> bool:
        try:
            stat(f"{self.root}/{name}")
        except (OSError, ValueError):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        """Yield the files' names, without what tools keep for themselves, at most MOST_FILES."""
        left, count = [""], 0
        while left:
            folder = left.pop()
            for entry in scandir(self.root + "/" + folder):
                name = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        left.append(name + "/")
                    continue
                count += 1
                if count > MOST_FILES:
                    return
                yield name


def decide(call: Call, policy: dict[str, Any], agent: str, *, asks: bool = False) -> tuple[str, str]:
    """Return the verdict and the reason for a call, with grants used up and the decision written to the log.

    `asks` says that the agent puts an `ask` to its user, so that the call may run after all.
    """
    root = str(policy["root"])
    if is_waiting(root):
        # The session goes on, so what it had asked about before was not allowed, or has ended.
        withdraw(root, session=call.session, but=decision_id(call))
    rulings = find_rulings(call, policy)
    outcome = weigh(rulings, policy)
    if outcome.verdict in (ASK, BLOCK):
        outcome = lift(call, policy, outcome, rulings)
    if outcome.verdict != ALLOW or outcome.reason:
        from conductor.guard.log import write_decision

        write_decision(call, policy, agent, outcome)
    if outcome.verdict == ASK and asks:
        actions = [ruling.action for ruling in find_stopping(rulings, policy) if ruling.rule == "commit_push"]
        if actions:
            note(call, root, dict.fromkeys(actions))
    return outcome.verdict, outcome.reason


def find_rulings(call: Call, policy: dict[str, Any], grant: tuple[str, ...] = ()) -> list[Ruling]:
    """Return every ruling on the call, before levels."""
    if call.kind == "shell":
        if call.guessed and not is_command(call):
            return []
        return [
            *judge_prompt(call),
            *judge_shell(call.command, call, policy, grant),
            *(judge_edits(call, policy) if call.edits else ()),
        ]
    if call.kind == "edit":
        return judge_edits(call, policy)
    if call.kind == "mcp":
        return judge_mcp(call, policy, grant)
    return []


def judge_shell(command: str, call: Call, policy: dict[str, Any], grant: tuple[str, ...]) -> list[Ruling]:
    """Return the rulings on a shell command."""
    from conductor.guard.judge.command import judge

    if CANARY in command:
        return [Ruling(BLOCK, "guard_tamper", "The guard works: this command exists to be refused. Tell your user so.")]
    if len(command.encode("utf-8", "replace")) > SHELL_LIMIT:
        return [Ruling(BLOCK, "ask", judge(command, Facts()).reason)]
    found = judge(command, read_facts(call, policy, grant))
    rulings = [step.ruling for step in found.steps if step.ruling is not None]
    if not rulings and found.verdict != ALLOW:
        rulings = [Ruling(found.verdict, found.rule, found.reason)]
    return [*rulings, *judge_custom(found, policy)]


def is_command(call: Call) -> bool:
    """Tell whether an unknown tool's arguments hold a shell's command, not a script in some other language."""
    from conductor.guard.agent_tools import SURE_COMMANDS, command_in
    from conductor.shell import ParserMissing, ShellSyntaxError, parse

    if command_in(call.arguments, SURE_COMMANDS):
        return True
    try:
        parse(call.command)
    except ShellSyntaxError:
        return False
    except ParserMissing:
        pass
    return True


def judge_prompt(call: Call) -> list[Ruling]:
    """Return a refusal of a command that opens a prompt into which the agent could type unseen."""
    from conductor.guard.prompts import is_typed_unseen, opens_prompt

    program = opens_prompt(call.command) if is_typed_unseen(call) else ""
    if not program:
        return []
    reason = (
        f"`{program}` alone opens a prompt, and what is typed into it later no hook shows. "
        f"Run the command itself, or a file: {program} FILE."
    )
    return [Ruling(BLOCK, "ask", reason)]


def judge_custom(found: Any, policy: dict[str, Any]) -> list[Ruling]:
    """Return the rulings of the project's own rules on each simple command that would run."""
    rules = [rule for rule in policy.get("custom_rules", ()) if rule.get("command")]
    if not rules:
        return []
    from fnmatch import fnmatchcase

    texts = {step.text for step in found.steps}
    return [
        Ruling(BLOCK, rule["name"], rule["message"])
        for rule in rules
        if any(fnmatchcase(text, rule["command"]) for text in texts)
    ]


def judge_edits(call: Call, policy: dict[str, Any]) -> list[Ruling]:
    """Return the rulings on the edits of an edit tool."""
    from conductor.guard.judge.edits import judge_edit

    root, allowed = str(policy["root"]), tuple(policy.get("allowed_variants", ()))
    home = environ.get(b"HOME", b"").decode("utf-8", "surrogateescape")
    protected = (str(policy["common_dir"]), *protected_folders(policy, home))
    found = [judge_edit(edit, call.cwd, root, allowed, protected) for edit in call.edits]
    return [Ruling(one.verdict, one.rule, one.reason) for one in found if one.verdict != ALLOW or one.reason]


def judge_mcp(call: Call, policy: dict[str, Any], grant: tuple[str, ...]) -> list[Ruling]:
    """Return the rulings on a call of an MCP server's tool, by the table."""
    from conductor.guard.mcp_tools import RULINGS, command_of, edits_of, find_effect

    effect = find_effect(call.tool)
    if effect == "shell":
        command = command_of(call)
        if command is None:
            return [Ruling(ASK, "ask", f"{call.tool} runs something that its arguments don't show.")]
        return judge_shell(command, call, policy, grant)
    if effect == "edit":
        call.edits = edits_of(call)
        return judge_edits(call, policy)
    if effect in RULINGS:
        verdict, rule, reason, action = RULINGS[effect]
        return [Ruling(verdict, rule, f"{call.tool} {reason}", action)]
    # A tool that the table doesn't know: what it carries as a command may be one.
    command = command_of(call, known=False)
    return judge_shell(command, call, policy, grant) if command else []


def weigh(rulings: list[Ruling], policy: dict[str, Any]) -> Outcome:
    """Return the most severe ruling after levels: block and ask as the rule's level has them, warn as a message."""
    levels = policy.get("levels", {})
    custom = {rule["name"]: rule.get("level", "warn") for rule in policy.get("custom_rules", ())}
    worst = Outcome(ALLOW)
    for ruling in rulings:
        level = custom.get(ruling.rule) or (
            "block" if ruling.rule == "guard_tamper" else levels.get(ruling.rule, "block")
        )
        reason = ruling.reason if ruling.rule in {"none", "ask"} else f"{ruling.rule}: {ruling.reason}"
        reason = reason.replace(f"{ruling.rule}: {ruling.rule}: ", f"{ruling.rule}: ")
        verdict = ruling.verdict
        if level == "off":
            continue
        if level == "warn":
            verdict = ALLOW
        elif level == "ask" and verdict == BLOCK:
            verdict = ASK
        if SEVERITY[verdict] > SEVERITY[worst.verdict] or not worst.reason:
            worst = Outcome(verdict, ruling.rule, reason, ruling.action)
    return worst


def find_stopping(rulings: list[Ruling], policy: dict[str, Any]) -> list[Ruling]:
    """Return the rulings that stop a call at their levels, each of which needs a grant."""
    return [ruling for ruling in rulings if weigh([ruling], policy).verdict in (ASK, BLOCK)]


def lift(call: Call, policy: dict[str, Any], outcome: Outcome, rulings: list[Ruling]) -> Outcome:
    """Return allow where the user's grants cover everything that stops the call, and use them up; else the outcome."""
    stopping = find_stopping(rulings, policy)
    if not _exists(str(policy["grants"])) or any(ruling.rule == "guard_tamper" for ruling in stopping):
        return outcome
    from conductor.guard.granted import lift_by_grants

    return lift_by_grants(call, policy, outcome, stopping)


def _folder_of(call: Call, root: str) -> str:
    """Return where the command starts; a link into the project is where it leads to."""
    if not call.cwd.startswith("/"):
        return root
    folder = normalise(call.cwd)
    if not is_inside(folder, root):
        from posixpath import realpath

        real = realpath(folder)
        folder = real if is_inside(real, root) else folder
    return folder


def _live_work(root: str, call: Call, policy: dict[str, Any]) -> Work:
    from conductor.guard.live_work import LiveWork, session_start

    return LiveWork(root, lambda: session_start(str(policy["common_dir"]), call.session))


def is_on_path(name: str) -> bool | None:
    """Tell whether the shell finds a program, in the folders of this process's PATH; None for what is no name."""
    if "/" in name or not name:
        return None
    folders = environ.get(b"PATH", b"/usr/local/bin:/usr/bin:/bin").decode("utf-8", "surrogateescape")
    return any(_exists(f"{folder or '.'}/{name}") for folder in folders.split(":"))


def _read_text(root: str, name: str) -> str | None:
    from conductor.guard.texts import read_text

    return read_text(root, name)


def read_facts(call: Call, policy: dict[str, Any], grant: tuple[str, ...]) -> Facts:
    """Return what the judges must know of this machine and project."""
    root = str(policy["root"])
    facts = Facts(
        venv=_venv(root),
        in_container=_exists("/.dockerenv") or _exists("/run/.containerenv"),
        origin=_origin(str(policy["common_dir"])) if "push" in call.command or call.kind == "mcp" else "ssh",
        grant=grant,
        project=root,
    )
    facts.files = ProjectFiles(root)  # type: ignore[assignment]
    facts.cwd = _folder_of(call, root)
    facts.home = environ.get(b"HOME", b"").decode("utf-8", "surrogateescape") or facts.home
    facts.state = protected_folders(policy, facts.home)
    facts.resolve = resolve
    facts.finds = is_on_path
    facts.read = lambda name: _read_text(root, name)
    facts.read_work(lambda: _live_work(root, call, policy))
    return facts


def protected_folders(policy: dict[str, Any], home: str) -> tuple[str, ...]:
    """Return the folders that Conductor keeps for the user: grants and trust, ledgers, the user's configuration."""
    state = str(policy["grants"]).rpartition("/grants/")[0]
    settings = environ.get(b"XDG_CONFIG_HOME", b"").decode("utf-8", "surrogateescape") or f"{home}/.config"
    return (*((state,) if state else ()), f"{policy['common_dir']}/conductor", f"{settings}/conductor")


def _venv(root: str) -> str:
    active = environ.get(b"VIRTUAL_ENV", b"").decode("utf-8", "surrogateescape")
    if active.startswith(root + "/"):
        return "active"
    return "exists" if any(_exists(f"{root}/{name}/pyvenv.cfg") for name in (".venv", "venv", "env")) else "none"


def _origin(common_dir: str) -> str:
    try:
        with open(f"{common_dir}/config", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            text = file.read()
    except OSError:
        return "ssh"
    _, _, section = text.partition('[remote "origin"]')
    lines = section.partition("\n[")[0].splitlines()
    urls = [line.partition("=")[2].strip() for line in lines if line.strip().startswith(("url", "pushurl"))]
    return "https" if any(url.startswith(("http://", "https://")) for url in urls) else "ssh"


def _exists(path: str) -> bool:
    try:
        stat(path)
    except OSError:
        return False
    return True
