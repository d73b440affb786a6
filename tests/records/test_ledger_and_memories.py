import pytest

from conductor.errors import UsageProblem
from conductor.records.errors_ledger import add_error, load_errors, resolve_error
from conductor.records.memories import list_memories, read_memory, write_memory
from tests.records import samples


def test_an_error_is_opened_and_resolved(records, read):
    row = add_error(records, "smoke | job times out", "p1")
    assert (row.id, row.area, row.active, row.severity) == ("ERR-2026-01-05-001", "smoke | job times out", True, "P1")
    done = resolve_error(records, row.id, "81be0d2")
    assert (done.active, done.fix) == (False, "81be0d2")
    text = read("ERRORS.md").decode()
    assert text.index(row.id) > text.index("## Resolved Errors")
    with pytest.raises(UsageProblem, match="is resolved"):
        resolve_error(records, row.id, "again")


def test_rows_in_fences_are_examples(records, write):
    write("ERRORS.md", samples.ERRORS)
    assert [(row.id, row.area, row.line) for row in load_errors(records)] == [
        ("ERR-2025-11-02-001", "decoder | service", 8)
    ]


def test_a_new_error_is_a_pure_insertion(records, write, read):
    write("ERRORS.md", samples.ERRORS)
    row = add_error(records, "x", "P2")
    line = f"| {row.id} | 2026-01-05 10:31 | active | P2 | x |  |\n"
    assert read("ERRORS.md").decode().replace(line, "") == samples.ERRORS


def test_a_ledger_without_sections_gets_them(records, write, read):
    write("ERRORS.md", "# Errors")
    add_error(records, "x", "P2")
    assert read("ERRORS.md").startswith(b"# Errors\n\n## Active Errors\n| ERR-")


def test_a_memory_is_written_once_and_added_to(records, read):
    memory = write_memory(records, "base-image", "it has Python 3.11")
    assert read(memory.path) == b"# base image\n\nit has Python 3.11\n"
    with pytest.raises(UsageProblem, match="exists"):
        write_memory(records, "base-image", "other")
    write_memory(records, "base-image.md", "and CUDA 12.6", append=True)
    assert read_memory(records, "base-image")[1].endswith("3.11\n\nand CUDA 12.6\n")
    assert [one.name for one in list_memories(records)] == ["base-image"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 200, "a b"])
def test_a_name_that_is_no_file_name_is_refused(records, name):
    with pytest.raises(UsageProblem):
        write_memory(records, name, "x")


@pytest.mark.parametrize(
    "text",
    [
        "# Base image\n\nwords",
        "#\tBase image\nwords",
        "   # Base image #\nwords",
        "Base image\n===\n\nwords",
        "Base\nimage\n=\nwords",
        "#",
    ],
)
def test_a_memory_that_begins_with_a_title_gets_no_other(records, text):
    memory = write_memory(records, "base-image", text)
    assert (records.root / memory.path).read_text().rstrip("\n") == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "words",
        "\\# words",
        "#hashtag",
        "## A part\nwords",
        "words\n---\nmore",
        "```\n# a\n```",
        "- # a",
        "> # a",
        "<!--\n# a\n-->",
        "words\n\n# A title further below",
        "words\n\n===",
        "####### words",
    ],
)
def test_a_memory_without_a_title_is_given_one(records, text):
    memory = write_memory(records, "base-image", text)
    assert (records.root / memory.path).read_text() == f"# base image\n\n{text}\n"
