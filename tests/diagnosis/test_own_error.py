"""What no sign knows is told as the program says it: the exception that ended it, or the failed command's own words."""

from __future__ import annotations

import pytest

from conductor.diagnosis.explain import diagnose, explain
from conductor.domain.finding import Confidence

TRACEBACK = """Traceback (most recent call last):
  File "/app/src/handler.py", line 41, in <module>
    main()
  File "/app/src/pipeline/load.py", line 7, in main
    return torch.zeros(size)
  File "/usr/local/lib/python3.11/site-packages/torch/functional.py", line 10, in zeros
    raise TypeError("zeros(): argument 'size' must be tuple of ints, not str")
TypeError: zeros(): argument 'size' must be tuple of ints, not str
"""
FOUND = {
    "error": "TypeError",
    "message": "zeros(): argument 'size' must be tuple of ints, not str",
    "file": "/app/src/pipeline/load.py",
    "at": "7",
}


def with_before(before: str, text: str = TRACEBACK) -> str:
    return "".join(f"{before}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "log",
    [
        TRACEBACK,
        f"loading\n{TRACEBACK}worker exited with exit code 1\n",
        f"{TRACEBACK}\nERROR:    Application startup failed. Exiting.\n",
        with_before("2026-01-05T10:44:00.1234567Z stderr F "),
        with_before("worker-1  | "),
        with_before("#12 3.456 "),
        with_before("build\tRun tests\t2026-01-05T10:44:00.1234567Z "),
        with_before("yuvi40pj18[error]"),
        with_before("    "),
        f"ValueError: unrelated\n{TRACEBACK}" * 3,
        '{"requestId": null, "message": "failed: ' + TRACEBACK.replace('"', '\\"').replace("\n", "\\n") + '"}\n',
    ],
    ids=str,
)
def test_an_exception_that_nothing_caught_is_told_with_the_line_of_the_projects_own_code(log):
    suspect = diagnose(log.encode()).suspect
    assert suspect is not None
    assert (suspect.cause.code, dict(suspect.found)) == ("PROGRAM_ERROR", FOUND)


def test_its_place_is_the_file_of_the_project_whose_path_the_traceback_ends_with():
    files = {"Dockerfile": "COPY load.py .\n", "load.py": "", "src/pipeline/load.py": ""}
    finding = explain(diagnose(TRACEBACK.encode()), files, "Dockerfile")
    assert finding is not None
    assert str(finding.location) == "src/pipeline/load.py:7"
    assert finding.confidence is Confidence.HIGH


def test_of_a_chain_the_last_exception_is_told_and_the_first_is_shown():
    log = (
        'Traceback (most recent call last):\n  File "/app/a.py", line 1, in f\n    x()\nLookupError: no such row\n\n'
        "During handling of the above exception, another exception occurred:\n\n" + TRACEBACK
    )
    suspect = diagnose(log.encode()).suspect
    assert suspect is not None
    assert suspect.found["error"] == "TypeError"
    assert "LookupError: no such row" in {line.text for line in suspect.lines}


@pytest.mark.parametrize(
    "log",
    [
        f"{TRACEBACK}INFO:     Application startup complete.\n",
        f"{TRACEBACK}" + "job 7 done\n" * 40,
        TRACEBACK.replace("TypeError: zeros()", "SystemExit: 0 zeros()"),
        "Traceback (most recent call last):\n",
        "Traceback (most recent call last):\n\n\nstarting\n",
    ],
    ids=range(5),
)
def test_what_was_caught_or_never_ended_is_not_sure(log):
    found = diagnose(log.encode())
    assert found.suspect is None or found.confidence is not Confidence.HIGH


def test_a_cause_that_is_known_by_the_exception_itself_comes_before_it():
    log = TRACEBACK.replace("TypeError: zeros()", "ModuleNotFoundError: No module named 'einops' zeros()")
    found = diagnose(log.encode())
    assert found.suspect is not None
    assert (found.suspect.cause.code, found.confidence) == ("MODULE_MISSING", Confidence.HIGH)


COMMANDS = {
    "BuildKit": '#9 1.2 {said}\n#9 ERROR: process "/bin/sh -c make all" did not complete successfully: exit code: 2\n',
    "buildah": "STEP 4/5: RUN make all\n{said}\nsubprocess exited with status 2\nError: building at STEP"
    ' "RUN make all": while running runtime: exit status 2\n',
    "the classic builder": "Step 4/5 : RUN make all\n{said}\nThe command '/bin/sh -c make all' returned a"
    " non-zero code: 2\n",
    "a job of GitHub": "##[group]Run make all\n{said}\n##[error]Process completed with exit code 2.\n",
}


@pytest.mark.parametrize("log", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    "said",
    [
        "protoc: error: rpc.proto is outside of every --proto_path.",
        "ERROR: the licence of the model was not given",
        "fatal: the frobnicator is not calibrated",
        "panic: runtime error: index out of range [3] with length 3",
        "tool: cannot frobnicate: no calibration",
    ],
)
def test_a_command_that_failed_is_told_with_its_exit_code_and_its_own_words(log, said):
    suspect = diagnose(log.format(said=said).encode()).suspect
    assert suspect is not None
    assert suspect.cause.code == "COMMAND_FAILED"
    assert (suspect.found["exit"], suspect.found["says"]) == ("2", said)


def test_without_an_exit_code_the_last_line_is_no_cause():
    assert diagnose(b"starting\nERROR: something of our own\n").suspect is None


def test_a_frame_of_a_compiled_library_is_not_the_projects_though_its_path_looks_so():
    log = """Traceback (most recent call last):
  File "/app/worker/reading.py", line 140, in _open
    container = av.open(path, no_such_argument=True)
  File "av/container/core.py", line 494, in av.container.core.open
TypeError: open() got an unexpected keyword argument 'no_such_argument'
"""
    files = {"requirements.txt": "av==1.0  # open() and more\n", "worker/reading.py": "import av\n"}
    finding = explain(diagnose(log.encode()), files, None)
    assert (finding.code, finding.location.path, finding.location.line) == ("PROGRAM_ERROR", "worker/reading.py", 140)
    assert explain(diagnose(log.encode()), {"requirements.txt": "av==1.0\nopen() got\n"}, None).location is None
