"""The decision log: `.conductor/local/guard.jsonl`, what was stopped, asked about or warned of, without secrets.

Written before the answer is given, so it is lean too: JSON by hand, one `write` of one line to a file opened for
appending, and the search for secrets only where something looks like one.
"""

from __future__ import annotations

from _json import encode_basestring_ascii
from posix import O_APPEND, O_CREAT, O_WRONLY, close, environ, fstat, open, replace, write  # noqa: A004
from time import gmtime

from conductor.domain.held import SHORTEST_NAMED, hold_environment, is_named_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.call import Call, Outcome

LIMIT_BYTES = 2_000_000
SHOWN = 1000
_PRIME = (1 << 61) - 1
# What no credential does without: a name for it, a known beginning, or a place in an address or header.
_SUSPECTS = (
    *("token", "key", "secret", "passw", "bearer", "auth", "://", "ghp_", "gho_", "ghs_", "github_pat", "hf_", "rpa_"),
    *("sk-", "akia", "eyj", "sig", "credential", "dckr_pat"),
)


def write_decision(call: Call, policy: dict[str, object], agent: str, outcome: Outcome) -> None:
    """Append one decision; over the limit the log becomes `guard.jsonl.1` and a new one begins."""
    words = call.command or ", ".join(edit.path for edit in call.edits) or call.tool
    append_line(
        str(policy["root"]),
        {
            "id": decision_id(call),
            "at": now(),
            "agent": agent,
            "session": call.session,
            "tool": clean(call.tool, 100),
            "command": clean(words, SHOWN),
            "verdict": outcome.verdict,
            "rule": outcome.rule,
            "action": outcome.action,
            "reason": clean(outcome.reason, 400),
        },
    )


def decision_id(call: Call) -> str:
    """Return what joins a decision with the call that ran after it: the agent's own id, or session, tool and words."""
    if call.use_id:
        return call.use_id[:100]
    words = "\0".join((call.session, call.tool, call.command, *(edit.path for edit in call.edits)))
    return f"{int.from_bytes(words.encode('utf-8', 'replace'), 'little') % _PRIME:015x}"


def now() -> str:
    """Return the present time, ISO 8601 in UTC."""
    moment = gmtime()
    return f"{moment[0]:04d}-{moment[1]:02d}-{moment[2]:02d}T{moment[3]:02d}:{moment[4]:02d}:{moment[5]:02d}+00:00"


def clean(text: str, limit: int) -> str:
    """Return the text as one harmless line without secrets, at most that long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: limit * 4])
    lowered = line.lower()
    own = own_secrets()
    if any(mark in lowered for mark in _SUSPECTS) or any(value in line for value in own.values()):
        from conductor.domain.secret import redact

        hold_environment(own)
        line = redact(line)
    return line[:limit]


def own_secrets() -> dict[str, str]:
    """Return the variables of this process that are named like a credential and are long enough for one."""
    texts = ((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in environ.items())
    return {name: value for name, value in texts if len(value) >= SHORTEST_NAMED and is_named_secret(name)}


def append_line(root: str, row: dict[str, str]) -> None:
    """Append a row to the log; a full disk or a read-only folder loses the line, never the decision."""
    path = f"{root}/.conductor/local/guard.jsonl"
    fields = ",".join(
        f"{encode_basestring_ascii(name)}:{encode_basestring_ascii(value)}" for name, value in row.items()
    )
    try:
        handle = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
        try:
            if fstat(handle).st_size > LIMIT_BYTES:
                replace(path, f"{path}.1")
            write(handle, f"{{{fields}}}\n".encode("ascii"))
        finally:
            close(handle)
    except OSError:
        return
