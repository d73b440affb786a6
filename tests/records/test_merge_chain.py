"""The chain moves with the current task: it is taken out of each version, merged by itself and put in once."""

from conductor.records.document import Document
from conductor.records.merge_chain import Chain, put_chain_in, settle_chain, take_chain_out
from conductor.records.tasks import TaskFile
from tests.records.test_merge import block, row, tasks_file

FIRST, SECOND = "TASK-2026-01-05-001", "TASK-2026-01-05-002"
ROWS = [row(1, "Build"), row(2, "Test")]
CHAIN = b"### Task Chain\n"
BODY = "".join(f"{number}. {text}\n" for number, text in enumerate(ROWS, 1)).encode()


def file(text):
    return TaskFile(Document(text.encode(), "TASKS.md"))


def held_by(number):
    """Return a file whose current task, which holds the chain, is the first or the second one."""
    other = 3 - number
    names = {1: "Build", 2: "Test"}
    blocks = [block(number, names[number], "Current Task", "IN_PROGRESS"), block(other, names[other])]
    return tasks_file(blocks, ROWS)


def test_a_chain_at_one_place_stays_where_it_is():
    assert take_chain_out([file(held_by(1))] * 3) is None


def test_a_chain_that_moved_is_taken_out_of_all_three():
    chains = take_chain_out([file(held_by(1)), file(held_by(1)), file(held_by(2))])
    assert [chain.holder for chain in chains] == [FIRST.encode(), FIRST.encode(), SECOND.encode()]
    for chain in chains:
        assert (chain.head, chain.body) == (CHAIN, BODY)
        assert b"Task Chain" not in chain.rest
        assert b"\n\n\n\n" not in chain.rest


def test_a_chain_that_moved_is_the_same_whatever_stood_in_base():
    without = held_by(1).replace(CHAIN.decode() + BODY.decode(), "")
    chains = take_chain_out([file(without), file(held_by(1)), file(held_by(2))])
    assert chains[0] == Chain(without.encode())


def test_a_side_without_a_chain_takes_none_out():
    without = held_by(1).replace(CHAIN.decode() + BODY.decode(), "")
    assert take_chain_out([file(held_by(1)), file(without), file(held_by(2))]) is None
    assert take_chain_out([file(held_by(1)), file(held_by(2)), file(without)]) is None


def test_a_chain_that_stands_outside_a_task_or_holds_more_than_rows_is_left():
    outside = f"# Task Management\n\n{CHAIN.decode()}{BODY.decode()}\n" + block(1, "Build", "Current Task")
    deeper = held_by(1).replace(BODY.decode(), BODY.decode() + "#### Why\nwords\n")
    for text in (outside, deeper):
        assert take_chain_out([file(held_by(1)), file(held_by(2)), file(text)]) is None


def test_the_holder_is_the_one_that_a_side_changed_it_to():
    texts = [held_by(1), held_by(1), held_by(2)]
    for order in (texts, [texts[0], texts[2], texts[1]]):
        chains = take_chain_out([file(text) for text in order])
        put = put_chain_in(Document(chains[2].rest, "TASKS.md"), chains, BODY)
        assert put.content.count(CHAIN + BODY) == 1
        assert (
            take_chain_out([file(put.content.decode()), *(file(text) for text in texts[1:])])[0].holder
            == SECOND.encode()
        )


def test_what_is_taken_out_and_put_in_again_is_the_file_but_for_blank_lines():
    texts = [held_by(1), held_by(1), held_by(2)]
    chains = take_chain_out([file(text) for text in texts])
    put = put_chain_in(Document(chains[2].rest, "TASKS.md"), chains, BODY).content.decode()
    assert [line for line in put.split("\n") if line] == [line for line in texts[2].split("\n") if line]


def test_a_chain_whose_holder_is_gone_comes_to_the_first_task():
    chains = [Chain(b"", CHAIN, BODY, holder) for holder in (FIRST.encode(), b"TASK-2026-01-05-009", FIRST.encode())]
    document = Document(b"# Tasks\n\n" + block(2, "Test").encode() + b"---\n", "TASKS.md")
    put = put_chain_in(document, chains, BODY + b"\n\n").content
    assert put.endswith(b"### Findings & Decisions\n\n" + CHAIN + BODY + b"\n---\n")


def test_a_last_line_without_an_end_is_ended_first():
    chains = [Chain(b"", CHAIN, BODY, SECOND.encode())] * 3
    document = Document(block(2, "Test").rstrip().encode(), "TASKS.md")
    assert put_chain_in(document, chains, BODY).content.endswith(b"### Findings & Decisions\n\n" + CHAIN + BODY)


def test_rows_of_both_with_one_number_go_on_counting():
    twice = held_by(1).replace("2. ⏳", "1. ⏳")
    assert settle_chain(Document(twice.encode(), "TASKS.md")).content.decode() == held_by(1)
    for text in (held_by(1), "# Task Management\n", "# Task Management\n\n1. a\n1. b\n"):
        assert settle_chain(Document(text.encode(), "TASKS.md")).content.decode() == text
