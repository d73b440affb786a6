"""Put small faults into the code where it must not be wrong, one at a time, and see whether a test notices.

usage: python scripts/mutate.py [--sample N] [--seed N] [--only TEXT] [--write]

A sample of the faults (scripts/mutations.py) is tried in a copy of the tree under build/mutants: the tests that cover
the line are run until one fails. What was tried is kept there, so that an interrupted run goes on where it stopped, and
a fault that was not noticed is tried again when the tests have changed. --only takes the sample from the faults whose
name holds TEXT, --write puts the result into docs/reliability.md.
Faults that change nothing stand with their reasons in scripts/equivalent-mutants.yaml.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import hypothesis.strategies  # noqa: F401 - so that no child has to import it
import pytest
import yaml
from mutations import Mutant, find_mutants

ROOT = Path(__file__).resolve().parent.parent
# Where it must not be wrong, and the tests that are there for it: a folder, or files of one whose tests take minutes.
TARGETS = {
    "conductor/release/**/*.py": ("tests/release",),
    "conductor/records/merge*.py": ("tests/records",),
    "conductor/guard/decide.py": tuple(f"tests/guard/test_{name}.py" for name in ("decide", "hook", "forged_grants")),
    "conductor/preflight/wheels/tags.py": ("tests/preflight/wheels",),
    "conductor/domain/secret.py": ("tests/domain",),
}
EQUIVALENT = ROOT / "scripts/equivalent-mutants.yaml"
PAGE = ROOT / "docs/reliability.md"
WORK = ROOT / "build/mutants"
TREE = WORK / "tree"
# How long the covering tests of one mutant may work together; the rest of them is left out.
TESTS_S = 30.0
QUICK_S = 0.1
# pytest's exit codes: tests were run (and some failed), and where a fault changes how tests are named: whole files are
# run then.
RAN = {0, 1}
NOT_FOUND = {4, 5}
QUIET = ["-q", "-p", "no:cacheprovider", "--hypothesis-seed=6"]
FAILED_LINE = re.compile(r"^(?:FAILED|ERROR) (tests/\S.*?)(?: - .*)?$", re.MULTILINE)
COVERAGE = """[run]
parallel = true
data_file = {data}
context = ${{PYTEST_CURRENT_TEST-}}
include = {include}
"""
# A pytest plugin. Processes that tests start are measured too, and their context is the test that runs; how much a test
# works is written down, which is the same on a busy machine.
PLUGIN = """import json, os, pytest, resource
os.environ["COVERAGE_PROCESS_START"] = {settings!r}
worked = {{}}

def used():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    before = used()
    yield
    worked[item.nodeid] = used() - before

def pytest_sessionfinish():
    with open({seconds!r}, "w") as file:
        json.dump(worked, file)
"""


@dataclass(slots=True)
class Covered:
    """Which tests run which line, and how long each takes."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float] = field(default_factory=dict)

    def choose(self, mutant: Mutant) -> list[str]:
        """Return the tests to run, of each parametrized one a case before the second of any.

        Those in the file that mirrors the module come first, then the quick ones.
        """
        mirror = f"test_{Path(mutant.path).stem}.py"
        by_line = self.lines.get(mutant.path, {})
        lines = by_line if mutant.at_import else mutant.lines
        found = {test for line in lines for test in by_line.get(line, ())}
        turns: dict[str, Iterator[int]] = defaultdict(itertools.count)
        ordered = sorted((self.seconds.get(test, 0), test) for test in found)
        in_turn = sorted(
            (mirror not in test, took > QUICK_S, next(turns[test.partition("[")[0]]), took, test)
            for took, test in ordered
        )
        total, chosen = 0.0, list[str]()
        for *_, took, test in in_turn:
            total += took
            if chosen and total > TESTS_S:
                break
            chosen.append(test)
        return chosen


def main() -> int:
    """Run the sample and print what survived; exit 1 below 90 %."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    sources = {str(path.relative_to(ROOT)): path.read_bytes() for one in TARGETS for path in sorted(ROOT.glob(one))}
    everything = [mutant for path, source in sources.items() for mutant in find_mutants(path, source)]
    sample = [mutant for mutant in everything if asked.only in mutant.name] if asked.only else everything
    sample = sorted(random.Random(asked.seed).sample(sample, min(asked.sample, len(sample))), key=everything.index)  # noqa: S311
    reasons = {row["mutant"]: row["reason"] for row in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))}
    unknown = set(reasons) - {mutant.name for mutant in everything}
    print(*(f"no such mutant any more: {name}" for name in sorted(unknown)), sep="\n", end="\n" if unknown else "")
    tried = [mutant for mutant in sample if mutant.name not in reasons]
    verdicts = try_all(tried, sources)
    text = report(tried, verdicts, len(everything), len(sample) - len(tried), asked)
    print(text)
    if asked.write:
        write_page(text)
    killed = sum(verdicts[mutant.name] != "survived" for mutant in tried)
    return 0 if killed * 10 >= len(tried) * 9 else 1


def try_all(mutants: list[Mutant], sources: dict[str, bytes]) -> dict[str, str]:
    """Return `killed`, `too long` or `survived` of each mutant by name."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another run works in build/mutants: wait for it, or end it")
        return _try_all(mutants, sources)


def _try_all(mutants: list[Mutant], sources: dict[str, bytes]) -> dict[str, str]:
    copy_tree()
    states = {target: _state(target) for target in dict.fromkeys(map(target_of, mutants))}
    known = known_verdicts(states, {path: _digest(source) for path, source in sources.items()})
    missing = [mutant for mutant in mutants if mutant.name not in known]
    covered: dict[str, Covered] = {}
    with (WORK / "verdicts.jsonl").open("a", encoding="utf-8") as log:
        for number, mutant in enumerate(missing, start=1):
            target = target_of(mutant)
            if target not in covered:
                covered[target] = find_covered(target, states[target])
            started = time.monotonic()
            tests = covered[target].choose(mutant)
            verdict = try_one(mutant, sources[mutant.path], tests, covered[target]) if tests else "survived"
            took = time.monotonic() - started
            print(f"{number}/{len(missing)} {verdict} ({len(tests)} tests, {took:.1f} s) {mutant.name}", flush=True)
            row = {"mutant": mutant.name, "verdict": verdict, "path": mutant.path, "target": target}
            of = states[target] if verdict == "survived" else _digest(sources[mutant.path])
            log.write(json.dumps({**row, "of": of}) + "\n")
            log.flush()
            known[mutant.name] = verdict
    return known


def known_verdicts(states: dict[str, str], files: dict[str, str]) -> dict[str, str]:
    """Return what an earlier run found, as far as it still holds: of the same file, and of survivors the same tests."""
    log = WORK / "verdicts.jsonl"
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    return {
        row["mutant"]: row["verdict"]
        for row in rows
        if row["of"] == (states.get(row["target"]) if row["verdict"] == "survived" else files.get(row["path"]))
    }


def target_of(mutant: Mutant) -> str:
    """Return the pattern that the mutant's file belongs to."""
    return next(target for target in TARGETS if fnmatch(mutant.path, target.replace("**/", "")))


def try_one(mutant: Mutant, source: bytes, tests: list[str], covered: Covered) -> str:
    """Run the tests with the fault in the copy, and take it out again."""
    path = TREE / mutant.path
    times = path.stat()
    work_s = 20 + 4 * round(sum(covered.seconds.get(test, 0) for test in tests))
    try:
        path.write_bytes(mutant.apply(source))
        code = run_forked(tests, work_s)
        if code in NOT_FOUND:
            code = run_forked(sorted({test.partition("::")[0] for test in tests}), work_s + 60)
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return "too long" if code is None or code < 0 else "survived" if code == 0 else "killed"


def run_forked(tests: list[str], work_s: int) -> int | None:
    """Run pytest until a test fails and return its exit code, None where nothing happens for long.

    The child begins with pytest imported, which is most of what a run of few tests takes. What ends a loop that never
    does is a limit on its work, since a busy machine only makes it wait. Nothing is left running.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while signal.sigtimedwait({signal.SIGCHLD}, 0):
        pass  # of a child that was ended
    child = os.fork()
    if child == 0:
        code = 3
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (work_s, work_s))
            code = _be_pytest([*QUIET, "--exitfirst", _named(tests)])
        finally:
            os._exit(code)
    ended = None
    try:
        ended = signal.sigtimedwait({signal.SIGCHLD}, 10 * work_s)
    finally:
        for end in (os.killpg, os.kill):  # the child may not lead its group yet
            with contextlib.suppress(ProcessLookupError):
                end(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if ended else None


def _be_pytest(words: list[str]) -> int:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir(TREE)
    os.environ["PYTHONPATH"] = str(TREE)
    # What is compiled of a fault would outlive it.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(TREE)]
    return int(pytest.main(words))


def _named(tests: list[str]) -> str:
    """Return the argument that gives pytest the tests, which may be many."""
    names = WORK / "tests.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    return f"@{names}"


def copy_tree() -> None:
    """Make the copy what the tree is now; files that are the same keep their times and what was compiled of them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    wanted = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    for path in [*TREE.rglob("*")] if TREE.exists() else []:
        inside = str(path.relative_to(TREE))
        if path.is_file() and inside not in wanted and "__pycache__" not in inside:
            path.unlink()
    for name in wanted:
        target = TREE / name
        if not target.exists() or target.read_bytes() != (ROOT / name).read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)


def _state(target: str) -> str:
    """Return what is the same while neither the target nor its tests change."""
    named = [TREE / name for name in TARGETS[target]]
    tests = [path for name in named for path in (name, *name.rglob("*.py")) if path.is_file()]
    read = [*sorted(TREE.glob(target)), *sorted(tests), TREE / "tests/conftest.py"]
    return _digest(b"".join(path.read_bytes() for path in read))


def find_covered(target: str, state: str) -> Covered:
    """Return which test runs which line of the target; kept while neither the target nor its tests change."""
    tests = " ".join(TARGETS[target])
    name = re.sub(r"\W+", "-", target).strip("-")
    kept = WORK / f"covered-{name}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if found["of"] == state:
            lines = {path: {int(line): tests for line, tests in by.items()} for path, by in found["lines"].items()}
            return Covered(lines, found["seconds"])
    print(f"looking which test of {tests} covers which line", flush=True)
    data, settings = WORK / f"coverage-{name}.db", WORK / "coverage.ini"
    for old in WORK.glob(f"{data.name}*"):
        old.unlink()
    settings.write_text(COVERAGE.format(data=data, include=f"{TREE}/{target}"), encoding="utf-8")
    seconds = WORK / "seconds.json"
    plugin = PLUGIN.format(settings=str(settings), seconds=str(seconds))
    (WORK / "measure.py").write_text(plugin, encoding="utf-8")
    words = [
        *QUIET, "-p", "measure", "--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=", "-rfE",
        *TARGETS[target],
    ]  # fmt: skip
    # A test that is running now is none of those.
    environment = {**os.environ, "PYTHONPATH": f"{TREE}:{WORK}", "PYTEST_CURRENT_TEST": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=TREE, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in RAN:
        sys.exit(f"the tests of {tests} can't be run, and nothing would be noticed:\n{done.stdout[-2000:]}")
    failed = set(FAILED_LINE.findall(done.stdout))
    print(*(f"left out, it fails without a fault: {test}\n" for test in sorted(failed)), sep="", end="")
    covered = Covered(read_contexts(data, failed), json.loads(seconds.read_text(encoding="utf-8")))
    kept.write_text(json.dumps({"of": state, "lines": covered.lines, "seconds": covered.seconds}), encoding="utf-8")
    return covered


def read_contexts(stored: Path, failed: set[str]) -> dict[str, dict[int, list[str]]]:
    """Return the tests of each line, by file, also of processes that a test started."""
    from coverage import CoverageData

    data = CoverageData(str(stored))
    for part in stored.parent.glob(f"{stored.name}.*"):
        more = CoverageData(str(part))
        more.read()
        data.update(more)
    data.read()
    found: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        path = str(Path(file).relative_to(TREE))
        by_line = data.contexts_by_lineno(file)
        found[path] = {line: sorted(_tests(contexts) - failed) for line, contexts in by_line.items()}
    return found


def _tests(contexts: list[str]) -> set[str]:
    """Return the tests that contexts name: `TEST|run` in pytest's own process, `TEST (call)` in one that it started."""
    names = {re.sub(r"(\|| \()(setup|run|call|teardown)\)?$", "", context) for context in contexts}
    return {name for name in names if name.startswith("tests/")}


def report(
    tried: list[Mutant], verdicts: dict[str, str], offered: int, equivalent: int, asked: argparse.Namespace
) -> str:
    """Return the result as the page shows it."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for mutant in tried:
        rooms[f"`{target_of(mutant)}`"].append(verdicts[mutant.name])
    rooms["all"] = [verdict for told in rooms.values() for verdict in told]
    counted = f"{offered} possible faults, {len(tried) + equivalent} tried, {equivalent} of them change nothing"
    day = datetime.now(UTC).date()
    lines = [
        f"`python scripts/mutate.py --sample {asked.sample} --seed {asked.seed}` on {day}: {counted}.",
        "",
        "| where | faults | noticed | share |",
        "| --- | ---: | ---: | ---: |",
    ]
    for room, told in rooms.items():
        noticed = sum(verdict != "survived" for verdict in told)
        share = 100 * noticed / len(told) if told else 100
        lines.append(f"| {room} | {len(told)} | {noticed} | {share:.1f} % |")
    survived = [mutant for mutant in tried if verdicts[mutant.name] == "survived"]
    lines += ["", "Not noticed:" if survived else "Every one was noticed.", ""]
    lines += [f"- `{mutant.name.replace('`', chr(39))}`" for mutant in survived]
    return "\n".join(lines).rstrip() + "\n"


def write_page(text: str) -> None:
    """Put the result between the page's marks."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition("<!-- mutants -->\n")
    _, _, tail = rest.partition("<!-- /mutants -->")
    PAGE.write_text(f"{head}<!-- mutants -->\n{text}<!-- /mutants -->{tail}", encoding="utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
