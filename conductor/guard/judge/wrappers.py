"""Programs that start another program given in their arguments."""

from __future__ import annotations

from conductor.guard.judge.state import State
from conductor.programs import known
from conductor.shell.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.judge.walker import Walker

    Handler = Callable[[Walker, State, list[str], Stream], Stream | None]

_ARCHITECTURES = frozenset({"i386", "i486", "i586", "i686", "athlon", "aarch64", "mips", "mips64", "sparc", "riscv64"})


def _faketime(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`faketime [-f] [-m] TIME cmd`: TIME may begin with a dash, and the command's clock is not the host's."""
    rest = argv[1:]
    while rest and rest[0] in {"-f", "-m", "--exclude-monotonic", "-p"}:
        rest = rest[2:] if rest[0] == "-p" else rest[1:]
    inner = state.copy()
    inner.variables["FAKETIME"] = "faketime"
    inner.give(["FAKETIME"])
    return runner.execute(rest[1:], inner, stdin) if rest[1:] else Stream("")


def _setarch(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`setarch [ARCH] [options] cmd`: the architecture may be left out."""
    rest = argv[1:]
    if rest and (rest[0] in _ARCHITECTURES or rest[0].startswith(("linux", "uname", "x86", "arm", "ppc", "s390"))):
        rest = rest[1:]
    words = known("setarch").parse(rest, stop=True).after()
    return runner.execute(words, state, stdin) if words else Stream("")


def _sudo(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream | None:
    """Judge an edit, or a shell of root; what is run as root by its words is the walk's."""
    parsed = known("sudo").parse(argv[1:], stop=True)
    inner = state.run_as_root()
    if parsed.has("-e", "--edit") or argv[0].endswith("sudoedit"):
        runner.call(["vi", *parsed.words, *parsed.rest], inner)
        return Stream("")
    if not parsed.has("-s", "--shell", "-i", "--login"):
        return None
    folder = parsed.value("-D", "--chdir")
    if folder:
        inner.cwd = inner.place().path(folder)
    if parsed.words:
        return runner.run_text(" ".join(parsed.after()), inner, "sudo -s", stdin)
    return runner.execute(["bash"], inner, stdin)


def _su(runner: Walker, state: State, argv: list[str], stdin: Stream) -> Stream:
    """`su [-] [user] -c TEXT`, `runuser -u user -- cmd`, `sg group -c TEXT`."""
    inner = state.run_as_root() if not argv[0].endswith("sg") else state.copy()
    args = argv[1:]
    for number, word in enumerate(args):
        if word in {"-c", "--command", "--session-command"} or (
            word[:1] == "-" and word[1:2] != "-" and word.endswith("c")
        ):
            return runner.run_text((args[number + 1 :] or [""])[0], inner, argv[0], stdin)
        if word.startswith("--command="):
            return runner.run_text(word.partition("=")[2], inner, argv[0], stdin)
    if "--" in args:
        return runner.execute(args[args.index("--") + 1 :], inner, stdin)
    if argv[0].endswith("sg"):
        return runner.run_text(" ".join(args[1:]), inner, "sg", stdin)
    parsed = known("su").parse(args, stop=True)
    if parsed.has("-u", "--user") and parsed.words:
        return runner.execute(parsed.after(), inner, stdin)
    return runner.execute(["bash"], inner, stdin)


HANDLERS: dict[str, Handler] = {
    "faketime": _faketime,
    "setarch": _setarch,
    "sudo": _sudo,
    "sudoedit": _sudo,
    "doas": _sudo,
    "pkexec": _sudo,
    "su": _su,
    "runuser": _su,
    "sg": _su,
}
