"""No test asks how long something took, or gives up waiting by itself: pytest's limit for a whole test is the only one."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
CLOCKS = {
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "thread_time",
    "time",
    "time_ns",
}
WAITS = {"wait", "wait_for", "join", "communicate", "acquire", "result"}
# The agents' own programs are asked for by name, and may hang; real builds are measured, and ended where they hang;
# RunPod's SDK waits for as long as it is told.
LEFT_OUT = {
    TESTS / name for name in ("agents/play.py", "reality/remedies.py", "reality/verdict.py", "rehearsal/play_sdk.py")
}

# Projects that are judged, not tests; some are no Python that can be read.
PROJECTS = TESTS / "reality/cases"


def find_limits(source):
    """Return the lines of a test module that read a clock or wait for so many seconds at most."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found.update(node.lineno for name in node.names if name.name in CLOCKS)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            found.update({node.lineno} if node.attr in CLOCKS else ())
        if isinstance(node, ast.Call):
            waits = isinstance(node.func, ast.Attribute) and node.func.attr in WAITS
            limits = [word.value for word in node.keywords if word.arg == "timeout"] + (node.args if waits else [])
            found.update(node.lineno for limit in limits if isinstance(limit, ast.Constant) and _is_number(limit.value))
    return sorted(found)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize(
    "line",
    [
        "began = time.perf_counter()",
        "from time import monotonic",
        "process.wait(20)",
        "thread.join(0.5)",
        "assert event.wait(timeout=60)",
        "subprocess.run(words, timeout=30)",
        "queue.get(timeout=60)",
    ],
)
def test_a_limit_is_seen(line):
    assert find_limits(line) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "process.wait()",
        "', '.join(names)",
        "found.get(1)",
        "time.sleep(0.01)",
        "clock.monotonic()",
        "held(timeout=None)",
    ],
)
def test_what_waits_without_one_is_not(line):
    assert find_limits(line) == []


def test_no_test_has_a_limit_of_its_own():
    found = {
        str(path.relative_to(TESTS)): lines
        for path in sorted(TESTS.rglob("*.py"))
        if path not in LEFT_OUT
        and PROJECTS not in path.parents
        and (lines := find_limits(path.read_text(encoding="utf-8")))
    }
    assert found == {}
