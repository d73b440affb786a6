"""How a log says that something failed, and that all went well."""

from __future__ import annotations

import re

from conductor.diagnosis.linear import compile_linear

_BAD = compile_linear(
    r"(?i)failed to solve"
    r"|did not complete successfully"
    r"|non-zero (?:exit )?code"
    r"|exit(?:ed with)?(?: code| status)?:? \(?[1-9]"
    r"|process completed with exit"
    r"|building at step"
    r"|subprocess exited"
    r"|^(?:\S+ )?(?:error|fatal|err!|panic)\b[: !\[]"
    r"|\berror:"
    r"|traceback \(most recent"
    r"|^[\w.]{1,100}error: "
    r"|exception:"
    r"|rejected\]"
    r"|back-off|crashloop"
)
_GOOD = compile_linear(
    r"(?i)successfully tagged"
    r"|successfully built [0-9a-f]{6}"
    r"|naming to \S+.*done"
    r"|^commit \S+$"
    r"|writing image sha256"
    r"|exporting manifest"
    r"|application startup complete"
    r"|starting serverless worker"
    r"|conclusion: success|finished: success|job succeeded"
    r"|\d+ passed(?:, \d{1,7} \w{1,12}){0,9} in"
    r"|exit(?:ed with)?(?: code)? 0\b"
    r"|\bpushed\b"
)
_WARNING = re.compile(r"(?i)^\W*(?:warn(?:ing)?\b|w:|npm warn|deprecat)|\bwarning:|\w+warning:|\(warning\)")
_INFORMS = re.compile(r"^[^:]{0,60}\b(?:NCCL )?(?:INFO|DEBUG)(?::|\]| NET/| Bootstrap)")
# How a job of GitHub ends, well or badly; badly, it said so before.
_JOB_END = re.compile(r"cleaning up orphan processes", re.IGNORECASE)
_JOB_FAILED = ("##[error]", "failed to solve", "process completed with exit code")
_STEP = re.compile(r"#(?P<step>\d+) error")

# Every line that one of these patterns finds holds one of these words, in lower case.
WORDS = (
    "failed to solve", "did not complete", "non-zero", "exit", "exited", "building at step", "error", "fatal", "err!",
    "panic", "panicked", "traceback", "exception", "rejected]", "back-off", "crashloop", "crashloopbackoff",
    "successfully", "success", "naming to", "commit ", "writing image", "exporting manifest", "startup complete",
    "starting serverless", "succeeded", "passed", "pushed", "orphan processes", "process completed",
)  # fmt: skip


def is_bad(text: str, low: str) -> bool:
    """Tell whether a line says that something failed; `low` is the line as it stood there, in lower case."""
    return "##[error]" in low or (_BAD.search(text) is not None and not is_warning(text))


def is_warning(text: str) -> bool:
    """Tell whether a line only warns, or informs."""
    return _WARNING.search(text) is not None or _INFORMS.search(text) is not None


def is_good(text: str, *, job_failed: bool = False) -> bool:
    """Tell whether a line says that what was done is done well; the end of a job does where nothing of it failed."""
    return _GOOD.search(text) is not None or (not job_failed and _JOB_END.search(text) is not None)


def is_job_failure(low: str) -> bool:
    """Tell whether a line says that a job of GitHub, or a build in it, has failed as a whole."""
    return any(word in low for word in _JOB_FAILED)


def failed_step(low: str) -> str | None:
    """Return the BuildKit step (`#12`) that a line says has failed."""
    match = _STEP.search(low)
    return f"#{match['step']}" if match else None
