"""The chain is read apart from the tasks and written where the file has it; a merge treats the two apart as well."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.records.chain import find_chain, put_chain
from conductor.records.document import Document
from conductor.records.merge import merge_records
from conductor.records.merge_ids import Versions
from conductor.records.tasks import TaskFile
from tests.records.test_merge import block, merge, row, tasks_file

FIRST, SECOND = "TASK-2026-01-05-001", "TASK-2026-01-05-002"
ROWS = [row(1, "Build"), row(2, "Test")]
CHAIN = "### Task Chain\n" + "".join(f"{number}. {text}\n" for number, text in enumerate(ROWS, 1))


def file(text):
    return TaskFile(Document(text.encode(), "TASKS.md"))


def held_by(number, chain=CHAIN):
    """Return a file whose current task, which holds the chain, is the first or the second one."""
    other = 3 - number
    names = {1: "Build", 2: "Test"}
    blocks = [block(number, names[number], "Current Task", "IN_PROGRESS"), block(other, names[other])]
    return tasks_file(blocks, ROWS).replace(CHAIN, chain)


def put_back(chain):
    """Return the file again, from the chain and what is left without it."""
    document = Document(chain.rest(), "TASKS.md")
    holder = TaskFile(document).blocks[chain.holder.id]
    return document.apply([put_chain(document, holder, chain.lead, chain.text, chain.follower)]).content


@pytest.mark.parametrize("number", [1, 2])
def test_a_chain_is_found_in_the_task_that_holds_it(number):
    chain = find_chain(file(held_by(number)))
    assert chain.holder.id == {1: FIRST, 2: SECOND}[number]
    assert (chain.lead, chain.text, chain.follower, chain.is_flat) == (b"\n", CHAIN.encode(), None, True)
    assert b"Task Chain" not in chain.rest()
    assert set(file(chain.rest().decode()).blocks) == {FIRST, SECOND}


def test_a_chain_that_no_task_holds_is_not_apart():
    below = block(1, "Build", "Current Task")
    for text in (f"# Tasks\n\n{CHAIN}\n{below}", f"{below}## Task Chain\n1. ⏳ a\n", below, "", CHAIN):
        assert find_chain(file(text)) is None
    unnamed = f"## Current Task\n**Task ID**: TASK-YYYY-MM-DD-NNN\n\n{CHAIN}"
    assert find_chain(file(unnamed)) is None


GAPS = st.sampled_from(["", "\n", "\n\n", "\n---\n\n", "- item\n", "text -\n\n", "  \n", "-\n\n"])
BEHIND = st.sampled_from(
    ["", "\n", "\n---\n\n", "\n\n", "### Notes\n- one\n", "\n### Notes\n\n### Notes\n", "\n-\n", "free text\n\n"]
)
TAILS = st.sampled_from(["", "## Completed Tasks Archive\n\n---\n*footer*", "# Other\n", "*end*"])


@settings(max_examples=400)
@given(GAPS, BEHIND, TAILS, st.sampled_from([1, 2]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_taken_apart_and_joined_again_is_the_file_byte_for_byte(gap, behind, tail, number, eol, ended):
    blocks = [block(one, "Build").rstrip("\n") + "\n" for one in (1, 2)]
    blocks[number - 1] += gap + CHAIN + behind
    text = f"# Task Management\n\n{blocks[0]}{blocks[1]}{tail}"
    text = (text if ended else text.rstrip("\n")).replace("\n", eol)
    chain = find_chain(file(text))
    assert chain.holder.id == {1: FIRST, 2: SECOND}[number]
    assert put_back(chain) == text.encode()


def test_a_chain_goes_before_the_heading_that_followed_it_and_to_the_end_where_that_is_gone():
    text = held_by(1, CHAIN + "### Notes\n- one\n")
    chain = find_chain(file(text))
    for missing, expected in (("", "### Task Chain"), ("### Notes\n- one\n", "## Open Task")):
        document = Document(chain.rest().decode().replace(missing, "").encode(), "TASKS.md")
        put = put_chain(document, TaskFile(document).blocks[FIRST], chain.lead, chain.text, chain.follower)
        headings = [line for line in document.apply([put]).content.decode().splitlines() if line.startswith("#")]
        behind = headings[headings.index("### Task Chain") + 1]
        assert behind == ("### Notes" if not missing else expected)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_merge_gives_the_chain_to_the_task_that_a_side_changed_it_to(order):
    merged = merge("TASKS.md", held_by(1), *(held_by(number) for number in order))
    assert merged.conflicts == 0
    assert find_chain(file(merged.text.decode())).holder.id == SECOND
    assert merged.text.decode() == held_by(2)


def test_rows_that_both_added_are_kept_in_the_task_that_holds_them_now():
    mine, yours = CHAIN + f"3. {row(3, 'Mine')}\n", CHAIN + f"3. {row(4, 'Yours')}\n"
    merged = merge("TASKS.md", held_by(1), held_by(2, mine), held_by(1, yours))
    rows = [one.title for one in file(merged.text.decode()).chain]
    assert (merged.conflicts, sorted(rows)) == (0, ["Build", "Mine", "Test", "Yours"])
    assert [one.number for one in file(merged.text.decode()).chain] == [1, 2, 3, 4]
    assert find_chain(file(merged.text.decode())).holder.id == SECOND


def test_a_note_of_the_task_that_holds_the_chain_is_no_conflict_with_a_row_of_it():
    mine = held_by(1).replace("### Findings & Decisions\n\n", "### Findings & Decisions\n- **NOTE**: mine\n\n", 1)
    yours = held_by(1, CHAIN + f"3. {row(4, 'Yours')}\n")
    merged = merge("TASKS.md", held_by(1), mine, yours)
    assert merged.conflicts == 0
    assert merged.text.decode() == mine.replace(CHAIN, CHAIN + f"3. {row(4, 'Yours')}\n").replace("0/2", "0/3")


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_without_a_chain_and_one_with_headings_in_it_are_merged_as_text_is(side):
    deeper = held_by(1, CHAIN + "#### Why\nwords\n")
    for text in (held_by(1, ""), deeper):
        sides = [text, held_by(2)] if side == 0 else [held_by(2), text]
        merged = merge("TASKS.md", held_by(1), *sides)
        assert merged.text.count(b"Task Chain") >= (1 if text is deeper else 0)


def test_a_chain_whose_holder_is_gone_comes_to_the_first_task():
    gone = held_by(2).replace(block(1, "Build"), "")
    merged = merge_records("TASKS.md", Versions(held_by(1).encode(), held_by(1).encode(), gone.encode()))
    assert find_chain(file(merged.text.decode())).holder.id == SECOND


def test_rows_of_both_with_one_number_go_on_counting():
    twice = held_by(1).replace("2. ⏳", "1. ⏳")
    merged = merge_records("TASKS.md", Versions(b"", twice.encode(), held_by(1).encode()))
    assert [one.number for one in file(merged.text.decode()).chain] == [1, 2]


def test_a_rule_above_the_chain_goes_along_when_another_task_becomes_current(repository, conductor):
    for title in ("First", "Second"):
        conductor("task", "new", title, cwd=repository)
    path = repository / "TASKS.md"
    path.write_text(path.read_text().replace("\n### Task Chain", "\n---\n\n### Task Chain"))
    rules = path.read_text().count("---\n")
    for _ in range(2):
        for task in list(file(path.read_text()).blocks):
            assert conductor("task", "start", task, cwd=repository).returncode == 0
            assert path.read_text().count("---\n") == rules
            assert path.read_text().count("\n---\n\n### Task Chain\n") == 1
            assert find_chain(file(path.read_text())).holder.id == task
