"""Pushing over SSH with the OpenSSH client, and a lock ref taken by compare-and-swap."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from conductor.domain.secret import redact
from conductor.domain.text import one_line, strip_controls
from conductor.errors import OutsideRefused, UsageProblem
from conductor.ports.clock import Clock
from conductor.ports.git import GitResult, Repository
from conductor.ports.push import PushResult
from conductor.providers.answers import ServiceRefused
from conductor.providers.clock import SystemClock
from conductor.providers.git_environment import git_environment
from conductor.providers.persistence import PATIENT, Budget, Persistence

PUSH_TIMEOUT_S = 900
UNREACHABLE = "REMOTE_UNREACHABLE"
READ_TIMEOUT_S = 60
# PR_SET_PDEATHSIG is 1. The parent may have gone before the call: then there is nobody left to push for.
_BIND = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""

# What git and ssh say -> what it means, and what to do. The first match counts.
REFUSALS: tuple[tuple[str, str, str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed",
        "SSH_HOST_KEY",
        "the remote's host key is not the one that is known",
        "compare the new fingerprint with the one the host publishes; only if it is that one: {forget}, then {learn}",
    ),
    (
        r"Host key verification failed|No \S+ host key is known for",
        "SSH_HOST_KEY",
        "the remote's host key is not known",
        "compare its fingerprint with the one the host publishes, then: {learn}",
    ),
    (
        r"Permission denied \((?:publickey|[^)]*publickey)[^)]*\)",
        "SSH_PUBLICKEY",
        "the remote does not accept your SSH key",
        "add the public key to your account there, and load the private one: ssh-add ~/.ssh/id_ed25519",
    ),
    (
        r"GH006|[Pp]rotected branch|GH013|[Rr]epository rule violations|protected branch hook declined",
        "PUSH_PROTECTED_BRANCH",
        "the branch is protected",
        "open a pull request, or let this key push to the branch",
    ),
    (
        r"GH009|push protection|[Ss]ecrets? (?:was|were)? ?(?:found|detected)",
        "PUSH_PROTECTION_SECRET",
        "the push holds a secret",
        "revoke it, remove it from the commits, then release again",
    ),
    (
        r"GH001|exceeds GitHub's file size limit",
        "LARGE_FILE_100MB",
        "a file is larger than the host takes",
        "take the file out of the commits",
    ),
    (
        r"non-fast-forward|fetch first|\[rejected\]",
        "PUSH_NON_FF",
        "the remote branch has commits that are not here",
        "git pull --rebase, look at what came, then release again; a release never pushes by force",
    ),
    (
        r"[Rr]epository not found|does not appear to be a git repository|not a git repository",
        "REPOSITORY_NOT_FOUND",
        "the remote has no such repository, or this key may not see it",
        "check the address: git remote -v",
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        UNREACHABLE,
        "the remote's name is not known",
        "check the address (git remote -v) and the network",
    ),
    (
        r"Connection (?:refused|timed out|closed|reset)|Operation timed out|No route to host|kex_exchange",
        UNREACHABLE,
        "the remote can't be reached over SSH",
        "check the network, and that port 22 (or the one in the address) is open",
    ),
)


class PushRefused(ServiceRefused):
    """The remote did not take it; `cause` is a stable word. One that can't be reached may be a moment later."""

    def __init__(self, cause: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, passing=cause == UNREACHABLE)
        self.cause = cause


class SshRemote:
    """One remote of a repository, reached with the OpenSSH client."""

    def __init__(
        self,
        repository: Repository,
        remote: str,
        ssh_command: str | None = None,
        *,
        clock: Clock | None = None,
        budget: Budget = PATIENT,
    ) -> None:
        self._repository = repository
        self._remote = remote
        self._ssh_command = ssh_command
        self._persistence = Persistence(clock or SystemClock(), budget)

    def push(self, revision: str, branch: str) -> PushResult:
        """Push that revision to that branch, never by force; a branch that has it already is success.

        The same push twice is one push: where the remote could not be reached, it is made again.
        """
        return self._persistence.ask(lambda: self._push(revision, branch))

    def _push(self, revision: str, branch: str) -> PushResult:
        ref = f"refs/heads/{branch}"
        result = self._run("push", "--porcelain", "--no-follow-tags", self._remote, f"{revision}:{ref}")
        output = result.stdout.decode("utf-8", "replace")
        flag, summary, url = parse_porcelain(output, ref)
        if result.returncode != 0 or flag not in {" ", "*", "="}:
            raise explain_refusal(f"{output}\n{result.stderr}", self._remote)
        old = re.match(r"([0-9a-f]{7,40})\.\.", summary)
        return PushResult(ref, revision, old[1] if old else None, flag == "=", url)

    def read(self, ref: str) -> str | None:
        """Return the object the remote's ref names, or None where there is no such ref."""
        return self._persistence.ask(lambda: self._read(ref))

    def _read(self, ref: str) -> str | None:
        result = self._run("ls-remote", self._remote, ref, timeout_s=READ_TIMEOUT_S)
        if result.returncode != 0:
            raise explain_refusal(result.stderr, self._remote)
        for line in result.stdout.decode("utf-8", "replace").splitlines():
            name, _, found = line.partition("\t")
            if found == ref:
                return name
        return None

    def swap(self, ref: str, new: str | None, expected: str | None) -> bool:
        """Set (with None: delete) the ref only if it names `expected` (None: is not there); tell whether it did."""
        lease = f"--force-with-lease={ref}:{expected or ''}"
        result = self._run("push", "--porcelain", lease, self._remote, f"{new or ''}:{ref}", timeout_s=READ_TIMEOUT_S)
        output = result.stdout.decode("utf-8", "replace")
        if result.returncode == 0:
            return True
        # `stale info`: our lease did not hold; the others: somebody else's push was faster inside the server, which may
        # say only `failed to update ref` in the ref's line and why on the other channel.
        told = f"{output}\n{result.stderr}"
        if re.search(r"stale info|cannot lock ref|reference already exists|fetch first|already exists", told):
            return False
        raise explain_refusal(told, self._remote)

    def write_note(self, text: str) -> str:
        """Store the text as a commit of its own, without files, and return its id."""
        tree = self._repository.run("mktree", stdin=b"").stdout.decode().strip()
        who = ("-c", "user.name=conductor", "-c", "user.email=conductor@localhost", "-c", "commit.gpgSign=false")
        result = run_with_environment(self._repository, (*who, "commit-tree", tree, "-F", "-"), text.encode(), None, 60)
        if result.returncode != 0:
            raise OutsideRefused(f"git commit-tree: {one_line(redact(result.stderr))}", hint="run git fsck")
        return result.stdout.decode().strip()

    def read_note(self, ref: str) -> str | None:
        """Return the text of the commit the remote's ref names, or None where it can't be had."""
        named = self.read(ref)
        fetched = named and self._run(
            "fetch", "--no-tags", "--no-write-fetch-head", "--quiet", self._remote, ref, timeout_s=READ_TIMEOUT_S
        )
        if not named or not fetched or fetched.returncode != 0:
            return None
        result = self._repository.run("cat-file", "commit", named, check=False)
        return strip_controls(result.stdout.decode("utf-8", "replace").partition("\n\n")[2])

    def _run(self, *arguments: str, timeout_s: float = PUSH_TIMEOUT_S) -> GitResult:
        return run_with_environment(self._repository, arguments, b"", self._ssh_command, timeout_s)


def run_with_environment(
    repository: Repository, arguments: tuple[str, ...], stdin: bytes, ssh_command: str | None, timeout_s: float
) -> GitResult:
    """Run git so that it asks nothing, uses that ssh command, and ends when this process ends."""
    environment = git_environment()
    if ssh_command:
        environment["GIT_SSH_COMMAND"] = ssh_command
    elif "GIT_SSH_COMMAND" not in environment and "GIT_SSH" not in environment:
        configured = repository.run("config", "--get", "core.sshCommand", check=False).stdout.decode().strip()
        # BatchMode: ask for no passphrase and no host key; whatever is missing must be an error, not a question.
        environment["GIT_SSH_COMMAND"] = f"{configured or 'ssh'} -o BatchMode=yes"
    # A push must not go on behind the back of a release that was killed; reading may.
    words = bound_to_parent(["git", *arguments]) if "push" in arguments[:1] else ["git", *arguments]
    try:
        process = subprocess.Popen(
            words,
            cwd=repository.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        raise UsageProblem("git is not installed, or not on PATH", hint="install git") from None
    with process:
        try:
            output, errors = process.communicate(stdin, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise PushRefused(
                UNREACHABLE,
                f"git {arguments[0]} did not end within {timeout_s:.0f} s",
                hint="check the network; what was pushed stays valid: resume the release",
            ) from None
        except BaseException:
            process.kill()
            raise
    return GitResult(process.returncode, output, errors.decode("utf-8", "replace"))


def bound_to_parent(words: list[str]) -> list[str]:
    """Return the command so that, on Linux, it dies with this process.

    A small process of its own asks the kernel for that and becomes the command. subprocess' preexec_fn would do it
    more cheaply, but a Ctrl-C that arrives while it forks is lost.
    """
    if not sys.platform.startswith("linux"):
        return words
    return [sys.executable, "-I", "-S", "-c", _BIND, str(os.getpid()), *words]


def parse_porcelain(output: str, ref: str) -> tuple[str, str, str]:
    """Return the flag, the summary and the address that `git push --porcelain` printed for the ref."""
    url = ""
    for line in output.splitlines():
        if line.startswith("To "):
            url = one_line(redact(line[3:]), 300)
        fields = line.split("\t")
        if len(fields) == 3 and fields[1].partition(":")[2] == ref:
            return fields[0], fields[2], url
    return "!", "", url


def explain_refusal(words: str, remote: str) -> PushRefused:
    """Return the error for what git and ssh said."""
    clean = redact(strip_controls(words))
    for pattern, cause, meaning, hint in REFUSALS:
        if match := re.search(pattern, clean):
            line = next((part for part in clean.splitlines() if match[0] in part), match[0])
            told = hint.format(**_name_host(clean)) if cause == "SSH_HOST_KEY" else hint
            return PushRefused(cause, f"push to {remote}: {meaning} ({one_line(line, 200)})", hint=told)
    return PushRefused(
        "PUSH_REFUSED", f"push to {remote} failed: {one_line(clean, 300) or 'no reason given'}", hint="git push by hand"
    )


def _name_host(words: str) -> dict[str, str]:
    """Return the commands that forget and learn a host's key, for the host, port and file that ssh named."""
    named = re.search(r"[Hh]ost key (?:for|is known for) (\[[^\]\s]+\]:\d+|[^\s]+)", words)
    host = named[1].rstrip(".,:") if named else "HOST"
    file = re.search(r"Offending \S+ key in (\S+):\d+", words)
    bracketed = re.fullmatch(r"\[([^\]]+)\]:(\d+)", host)
    scanned = f"-p {bracketed[2]} {bracketed[1]}" if bracketed else host
    known = file[1] if file else "~/.ssh/known_hosts"
    return {
        "forget": f"ssh-keygen {f'-f {shlex.quote(known)} ' if file else ''}-R {shlex.quote(host)}",
        "learn": f"ssh-keyscan {scanned} >> {known}",
    }
