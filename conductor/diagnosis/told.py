"""What was written about a failure since it happened, where that names another cause than the log shows.

Only what is said plainly counts: a sentence that blames, that denies and supposes nothing, in words by which people
name one cause of the catalogue (or one of `blamed.yaml`). What names the right cause anywhere is not looked at.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conductor.diagnosis.causes import Cause
from conductor.domain.secret import redact
from conductor.domain.text import one_line
from conductor.knowledge.entries import read_yaml
from conductor.ports.git import Repository

_BLAMED = Path(__file__).parent / "blamed.yaml"
_RECORDS = ("TASKS.md", "JOURNAL.md", "ERRORS.md")
_MOST = 5
_BLAMES = re.compile(
    r"\b(?:because|due to|caused by|root cause|the (?:real |actual )?(?:cause|reason|culprit|problem) (?:is|was)"
    r"|cause:|fail(?:s|ed|ure)?\b.{0,30}\b(?:since|as|from|on)\b|comes? from|came from|to blame)\b|\bcause: ",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:not|never|no longer|nor|neither|without|might|may|maybe|perhaps|possibly|could|would|should|if|whether"
    r"|unless|instead|ruled? out|unlikely|avoid\w*|prevent\w*|in case|suspect\w*|guess\w*|assum\w*|seems?|looks? like"
    r"|earlier|previous\w*|last (?:week|month|time|year)|used to|other (?:failure|build|run)s?)\b|n't\b|\?",
    re.IGNORECASE,
)
# Causes that people rightly call by each other's names.
_KIN = (
    frozenset({"WHEEL_PLATFORM", "ABI_UNDEFINED_SYMBOL", "PIP_NO_VERSION", "PIP_SOURCE_BUILD", "GLIBC_NOT_FOUND"}),
    frozenset({"ABI_UNDEFINED_SYMBOL", "CUDA_VERSION_MISMATCH", "NVCC_MISSING", "BUILD_NEEDS_TORCH", "NUMPY2_ABI"}),
    frozenset({"BUILD_OOM", "EXIT_137_OOM", "CUDA_OOM", "WORKER_CRASH_LOOP"}),
    frozenset({"REGISTRY_DENIED", "REGISTRY_UNAUTHORIZED", "SECRETS_MISSING", "IMAGE_TAG_NOT_FOUND", "PULL_PENDING"}),
    frozenset({"REGISTRY_RATE_LIMIT", "REGISTRY_DENIED", "NETWORK", "DOWNLOAD_GONE", "TLS_CERTIFICATE"}),
    frozenset({"NETWORK", "APT_HASH_MISMATCH", "APT_PACKAGE_MISSING", "HF_NOT_FOUND", "TIMED_OUT", "JOB_TIMED_OUT"}),
    frozenset({"HF_GATED", "HF_UNAUTHORIZED", "HF_NOT_FOUND", "WEIGHTS_MISSING"}),
    frozenset({"CRLF_SHEBANG", "ENTRYPOINT_PERMISSION", "EXEC_FORMAT", "FILE_MISSING", "COPY_NOT_IN_CONTEXT"}),
    frozenset({"NO_KERNEL_IMAGE", "DRIVER_TOO_OLD", "NO_GPU", "CUDA_VERSION_MISMATCH"}),
    frozenset({"CAPACITY", "SCALED_TO_ZERO", "PULL_PENDING"}),
)


@dataclass(frozen=True, slots=True)
class Writing:
    """Something that was written: `where` is `commit 4f2a91c` or a record with its line."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Contrary:
    """A sentence that names another cause; `says` is that cause's code, or what is blamed in words."""

    where: str
    sentence: str
    says: str

    def describe(self, shown: str) -> str:
        """Return it as a line beside the diagnosis of the cause `shown`."""
        return f'{self.where} says "{self.sentence}" ({self.says}); the log shows {shown}'


def list_writings(repository: Repository, since: str) -> Iterator[Writing]:
    """Yield what was written since that revision: messages of commits, and lines that the records got."""
    for commit in repository.log(f"{since}..HEAD", limit=50):
        yield Writing(f"commit {commit.revision[:7]}", f"{commit.subject}\n{commit.body}")
    answer = repository.run("diff", "--no-ext-diff", "--no-color", "-U0", since, "--", *_RECORDS, check=False)
    path, number = "", 0
    for line in answer.stdout.decode("utf-8", "replace").split("\n"):
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/").strip()
        elif match := re.match(r"@@ -\S+ \+(\d+)", line):
            number = int(match[1])
        elif line.startswith("+"):
            # What Conductor wrote itself names its evidence.
            if "(evidence " not in line:
                yield Writing(f"{path}:{number}", line[1:])
            number += 1


def find_contrary(writings: Iterable[Writing], shown: Cause, causes: tuple[Cause, ...]) -> list[Contrary]:
    """Return the sentences that blame something else than the cause that was shown, each writing's first."""
    found = []
    for writing in writings:
        if any(words.search(writing.text) for words in shown.called):
            continue
        if contrary := next(_contraries(writing, shown, causes), None):
            found.append(contrary)
    return found[:_MOST]


def _contraries(writing: Writing, shown: Cause, causes: tuple[Cause, ...]) -> Iterator[Contrary]:
    for sentence in re.split(r"(?<=[.!;])\s+|\n", writing.text):
        if not _BLAMES.search(sentence) or _UNSURE.search(sentence):
            continue
        named = [cause for cause in causes if any(words.search(sentence) for words in cause.called)]
        says = [cause.code for cause in named] or [
            blamed for blamed, called in _blamed() if any(words.search(sentence) for words in called)
        ]
        if says and not any(_is_kin(cause, shown) for cause in named):
            yield Contrary(writing.where, one_line(redact(sentence.strip(" -*")), 160), says[0])


def _is_kin(one: Cause, other: Cause) -> bool:
    pair = {one.code, other.code}
    return one.code in other.after or other.code in one.after or any(pair <= kin for kin in _KIN)


@functools.cache
def _blamed() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    entries = read_yaml(_BLAMED.read_bytes())["blamed"]
    return tuple(
        (entry["says"], tuple(re.compile(words, re.IGNORECASE) for words in entry["called"])) for entry in entries
    )
