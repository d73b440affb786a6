"""A log of any shape is looked through line by line, in pieces, without growing."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.diagnosis.causes import built_in
from conductor.diagnosis.scan import Scanner, scan

CAUSES = built_in()


def seen(log: bytes):
    return scan(io.BytesIO(log), CAUSES)


def hits(log: bytes):
    return [(hit.cause.code, hit.line.number, hit.line.text, hit.line.step) for hit in seen(log).hits]


@pytest.mark.parametrize(
    ("line", "text", "step"),
    [
        (b"E: Unable to locate package foo", "E: Unable to locate package foo", ""),
        (b"2026-01-05T10:44:00.1234567Z E: Unable to locate package foo", "E: Unable to locate package foo", ""),
        (b"#12 3.456 E: Unable to locate package foo", "E: Unable to locate package foo", "#12"),
        (b"2026-01-05T10:44:00.1Z #7 0.4 E: Unable to locate package foo", "E: Unable to locate package foo", "#7"),
        (b"7.965 E: Unable to locate package foo", "E: Unable to locate package foo", ""),
        (b"worker-1  | E: Unable to locate package foo", "E: Unable to locate package foo", ""),
        (b"##[error]E: Unable to locate package foo", "E: Unable to locate package foo", ""),
        (b"\x1b[31mE: Unable to locate package foo\x1b[0m\r", "E: Unable to locate package foo", ""),
        (b"\xff\xfe E: Unable to locate package foo", "\ufffd\ufffd E: Unable to locate package foo", ""),
    ],
)
def test_what_stands_before_a_line_is_not_part_of_it(line, text, step):
    assert hits(b"first\n" + line + b"\nlast\n") == [("APT_PACKAGE_MISSING", 2, text, step)]


@pytest.mark.parametrize(
    "begin",
    [
        b"STEP 4/9: RUN apt-get install -y foo",
        b"Step 4/9 : RUN apt-get install -y foo",
        b"2026-01-05T10:44:00.1Z ##[group]Run apt-get install -y foo",
        b"INFO[0012] RUN apt-get install -y foo",
    ],
)
def test_a_line_belongs_to_the_step_that_began_last(begin):
    log = b"STEP 1/9: FROM x\n" + begin + b"\nE: Unable to locate package foo\n"
    ((_, number, _, step),) = hits(log)
    assert number == 3
    assert begin.decode().endswith(step[-20:])


NOISE = st.lists(
    st.sampled_from(
        [
            b"Get:1 http://archive.example trixie InRelease [140 kB]",
            b"#9 1.2 Collecting torch",
            b"  Downloading torch-2.7.1.whl (821.2 MB)",
            b"STEP 2/3: RUN make",
            b"error: externally-managed-environment",
            b"Killed",
            b"ninja: build stopped: subcommand failed.",
            b"no space left on device",
            b"\x00\x01\x02",
            b"x" * 9000,
            "caf\u00e9 \u2028 line".encode(),
            b"",
        ]
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(NOISE, st.integers(min_value=1, max_value=5000), st.integers(min_value=10_000, max_value=40_000))
def test_the_size_of_the_pieces_changes_nothing(lines, step, piece):
    log = b"\n".join(lines)
    scanner = Scanner(CAUSES, piece=piece)
    for at in range(0, len(log), step):
        scanner.feed(log[at : at + step])
    found = scanner.end()
    whole = seen(log)
    assert [(hit.cause.code, hit.line.number) for hit in found.hits] == [
        (hit.cause.code, hit.line.number) for hit in whole.hits
    ]
    assert (found.lines, found.last_bad, found.last_good) == (whole.lines, whole.last_bad, whole.last_good)


def test_words_far_into_a_line_without_an_end_are_found():
    log = b"x" * 3_000_000 + b" no space left on device " + b"y" * 3_000_000
    (hit,) = {hit.cause.code for hit in seen(log).hits}
    assert hit == "DISK_FULL"


def test_a_line_that_is_repeated_is_kept_a_few_times_and_its_last_place_is_known():
    found = seen(b"ERROR: no space left on device\n" * 100_000)
    assert len(found.hits) <= 40
    assert found.last_bad == found.lines == 100_000


def test_memory_does_not_grow_with_the_log():
    def read(pieces: int) -> int:
        scanner = Scanner(CAUSES)
        tracemalloc.start()
        for number in range(pieces):
            scanner.feed(
                b"".join(b"#%d %d.1 Downloading part %d of torch\n" % (number, at, at) for at in range(20_000))
            )
        scanner.end()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert read(12) < 2 * read(3)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=4000))
def test_any_bytes_are_a_log(log):
    assert seen(log).lines >= log.count(b"\n")
