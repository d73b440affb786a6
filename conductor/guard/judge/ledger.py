"""Hand calls and writes to the judges and keep what they say."""

from __future__ import annotations

from conductor.guard.judge.writes import writes
from conductor.rules.judge.call import ASK, BLOCK, UNKNOWN, Call, Facts, Place, Ruling, Write
from conductor.rules.judge.places import is_inside
from conductor.rules.judge.registry import CALL_JUDGES, WRITE_JUDGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from conductor.guard.judge.state import State
    from conductor.shell.walk import Walk


class Step:
    """One call or write that was judged: where it came from, what it is, and the ruling, if any."""

    __slots__ = ("ruling", "text", "trail")

    def __init__(self, text: str, trail: tuple[str, ...], ruling: Ruling | None) -> None:
        self.text = text
        self.trail = trail
        self.ruling = ruling


class Source:
    """A file of the project that is being run: its name, and the line in it of each line of the text that is walked."""

    __slots__ = ("lines", "name")

    def __init__(self, name: str, lines: tuple[int, ...] = ()) -> None:
        self.name = name
        self.lines = lines

    def line(self, number: int) -> int:
        """Return where a line of the text stands in the file, both from 1."""
        return self.lines[min(number, len(self.lines)) - 1] if self.lines else number


class Home:
    """Where a text that is walked stands: in a file of the project, or in none; `mapped` are the lines of the file."""

    __slots__ = ("mapped", "source")

    def __init__(self, source: Source | None = None, *, mapped: bool = False) -> None:
        self.source = source
        self.mapped = mapped


class Doubt:
    """What is judged inside may not run, where `holds` says so."""

    def __init__(self, walk: Walk, *, holds: bool) -> None:
        self.walk = walk
        self.holds = holds

    def __enter__(self) -> None:
        """Let what comes stand as what may not run."""
        self.before = self.walk.standing
        if self.holds:
            self.walk.standing = self.before.but(conditional=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let it stand as before."""
        self.walk.standing = self.before


class Recorder:
    """Collects steps in the order in which they would run; the walk says where it is and how certain that is.

    `inside` counts the files of the project that are being run, `line` is where in the last of them the walk is.
    """

    def __init__(self, facts: Facts, walk: Walk) -> None:
        self.facts = facts
        self.walk = walk
        self.walk.home = Home()
        self.steps: list[Step] = []
        self.inside = 0
        self.line = 0

    @property
    def source(self) -> Source | None:
        """Return the file of the project that is being run."""
        return self.walk.home.source if isinstance(self.walk.home, Home) else None

    def stand_at(self, line: int) -> None:
        """Note that what comes stands in a line of the file, whatever the lines of its own text are."""
        self.line = line
        self.walk.home = Home(self.source)

    def in_doubt(self, holds: bool = True) -> Doubt:  # noqa: FBT001, FBT002 - one question
        """Return a context in which nothing is sure to run."""
        return Doubt(self.walk, holds=holds)

    def call(self, argv: list[str], state: State) -> Call:
        """Hand one call and its writes to the judges."""
        call = Call(argv, state.place())
        rulings = [ruling for judge in CALL_JUDGES if (ruling := judge(call)) is not None]
        own = self.inside > 0 and call.name == "git" and _is_on_own_repository(call)
        if own:
            rulings = [each for each in rulings if each.action in {"push", "force_push"}]
        literal = not self.inside or not any(UNKNOWN in word for word in argv)
        self._note_all(call.text(), rulings, state, literal=literal)
        for write in () if own else writes(call):
            self.judge_write(write, state, quiet=True)
        return call

    def judge_write(self, write: Write, state: State, *, quiet: bool = False) -> None:
        """Hand one file change to the judges."""
        place = state.place()
        rulings = [ruling for judge in WRITE_JUDGES if (ruling := judge(write, place)) is not None]
        if self.inside and _is_its_own(write, place):
            rulings = [ruling for ruling in rulings if ruling.rule != "work_loss"]
        if rulings or not quiet:
            self._note_all(write.by, rulings, state, literal=UNKNOWN not in write.path)

    def ask(self, reason: str) -> None:
        """Note that something can't be decided from the text (policy 10); in a file only literal commands count."""
        if self.inside:
            return
        remedy = "Write the command out with its literal words."
        self.steps.append(Step("", self.walk.trail, Ruling(ASK, "ask", f"{reason} {remedy}")))

    def _note_all(self, text: str, rulings: list[Ruling], state: State, *, literal: bool) -> None:
        if self.inside:
            # A rule that would block and can't tell from the words would only ask.
            rulings = [
                each
                for each in rulings
                if each.verdict == BLOCK or (literal and each.rule != "host_pip") or each.rule == "release_bypass"
            ]
        for ruling in rulings:
            self.note(text, ruling, state)
        if not rulings:
            self.note(text, None, state)

    def note(self, text: str, ruling: Ruling | None, state: State) -> None:
        """Keep a step with its ruling, as far as no grant lifts it; one found in a file says where."""
        if ruling is not None:
            granted = self.facts.grant & {ruling.rule, ruling.action}
            if granted and (ruling.action or ruling.rule in granted):
                ruling = None
        if ruling is not None and state.remote and ruling.verdict == BLOCK:
            ruling = Ruling(ASK, ruling.rule, f"On another host: {ruling.reason}", ruling.action)
        if ruling is not None and self.source is not None:
            doubt = self.walk.standing.conditional
            verdict = ASK if doubt else ruling.verdict
            unsure = "Under a condition that is not known: " if doubt and verdict != ruling.verdict else ""
            reason = f"{self.source.name}:{self.line}: {unsure}{ruling.reason}"
            ruling = Ruling(verdict, ruling.rule, reason, ruling.action)
        self.steps.append(Step(text, self.walk.trail, ruling))


def _is_its_own(write: Write, place: Place) -> bool:
    """Tell whether a script of the project made what it changes: a file it writes anew, a repository it cloned."""
    anew = write.kind == "overwrite" and place.inside(write.path) is not None
    return anew or any(is_inside(write.path, folder) for folder in place.past.cloned)


def _is_on_own_repository(call: Call) -> bool:
    """Tell whether a script of the project calls git in a repository that it made itself, where only pushing counts."""
    place = call.place
    folder = place.path(call.args[1]) if call.args[:1] == ["-C"] and len(call.args) > 1 else place.cwd
    words = [word for word in call.args if word[:1] != "-"]
    if words[:1] == ["clone"]:
        made = _cloned(call, words[1:])
    elif "init" in words[:2]:
        made = place.path(f"{folder}/{words[1]}") if words[0] == "init" and len(words) > 1 else folder
    else:
        made = ""
    if made and not is_inside(place.facts.project, made):
        place.past.cloned.add(made)
    return any(is_inside(folder, each) for each in place.past.cloned)


def _cloned(call: Call, words: list[str]) -> str:
    """Return the folder that `git clone` makes."""
    remotes = [place for place, word in enumerate(words) if ":" in word or word.endswith(".git")]
    after = words[remotes[-1] + 1 :] if remotes else words[1:]
    url = words[remotes[-1]] if remotes else ""
    return call.place.path(after[0] if after else url.rstrip("/").rpartition("/")[2].removesuffix(".git") or UNKNOWN)
