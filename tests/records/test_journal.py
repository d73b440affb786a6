import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.errors import NothingToDo, UsageProblem
from conductor.records.commits import draft_from_commits
from conductor.records.document import Document
from conductor.records.journal import JournalFile, NewEntry, add_entry, find_entry, latest_entries
from conductor.records.search import search_records
from tests.records import samples


def test_the_first_entry_starts_the_file(records, read):
    entry = add_entry(records, NewEntry("Built the image", what="built", issues="none", task="TASK-2026-01-05-001"))
    assert read("JOURNAL.md").decode() == (
        "# Engineering Journal\n\n## 2026-01-05 10:31\n\n### Built the image |TASK:TASK-2026-01-05-001|\n"
        "- **What**: built\n- **Issues**: none\n"
    )
    assert (entry.stamp, entry.title, entry.links) == (
        "2026-01-05 10:31",
        "Built the image",
        (("TASK", "TASK-2026-01-05-001"),),
    )


def test_entries_in_many_shapes_are_found():
    entries = list(JournalFile(Document(samples.JOURNAL.encode(), "JOURNAL.md")).entries())
    assert [(entry.stamp, entry.title, [kind for kind, _ in entry.links], entry.line) for entry in entries] == [
        ("2025-11-06 09:30", "Pinned the codec library", ["TASK"], 3),
        ("2025-11-05 18:00", "Looked at the old decoder", [], 14),
        ("2025-11-02 08:00", "Engineering Journal", [], 24),
        ("2025-11-02 08:00", "Two titles under one date", ["MILESTONE"], 26),
        ("2025-11-02 08:00", "The second", ["ERROR"], 29),
    ]


def test_a_new_entry_is_a_pure_insertion_at_the_top(records, write, read):
    write("JOURNAL.md", samples.JOURNAL)
    add_entry(records, NewEntry("New", what="x"))
    assert read("JOURNAL.md").decode() == "## 2026-01-05 10:31\n\n### New\n- **What**: x\n\n" + samples.JOURNAL


def test_a_journal_kept_oldest_first_stays_so(records, write, read):
    old = "# Journal\n\n## 2025-01-01 10:00\n\n### a\n- **What**: a\n\n## 2025-01-02 10:00\n\n### b\n- **What**: b"
    write("JOURNAL.md", old)
    add_entry(records, NewEntry("c", what="c"))
    assert read("JOURNAL.md").decode() == old + "\n\n## 2026-01-05 10:31\n\n### c\n- **What**: c\n"


def test_what_stands_behind_the_last_entry_stays_behind_it(records, write, read):
    old = "## 2025-01-01 10:00\n### a\n\n## 2025-01-02 10:00\n### b\n\n## Keywords\n- x\n"
    write("JOURNAL.md", old)
    add_entry(records, NewEntry("c", what="c"))
    assert read("JOURNAL.md").decode().endswith("### c\n- **What**: c\n\n## Keywords\n- x\n")


def test_rules_between_entries_are_kept_up(records, write, read):
    write("JOURNAL.md", "# J\n\n## 2025-01-02 10:00\n### b\n\n---\n\n## 2025-01-01 10:00\n### a\n")
    add_entry(records, NewEntry("c", what="c"))
    assert (
        read("JOURNAL.md")
        .decode()
        .startswith("# J\n\n## 2026-01-05 10:31\n\n### c\n- **What**: c\n\n---\n\n## 2025-01-02")
    )


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_ends_are_kept(records, write, read, eol):
    write("JOURNAL.md", samples.JOURNAL.replace("\n", eol))
    add_entry(records, NewEntry("New", what="a\nb"))
    assert read("JOURNAL.md").decode().endswith(samples.JOURNAL.replace("\n", eol))
    assert read("JOURNAL.md").decode().replace(eol, "").count("\n") == 0


def test_an_entry_with_a_marker_is_written_once(records, read):
    wish = NewEntry("Released", what="x", once="r-20260105-103100-4f2a91c verified")
    first = add_entry(records, wish)
    content = read("JOURNAL.md")
    assert add_entry(records, wish) == first
    assert read("JOURNAL.md") == content


NASTY = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("#|`<!-\n\r\0\x1b>*_ "), min_size=1, max_size=60
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=NASTY,
    text=NASTY | st.sampled_from(["```", "<!--", "## 2026-01-01 10:00\n### x |TASK:a|", "---", "- **Why**: forged"]),
)
def test_no_text_breaks_the_journal(records, title, text):
    (records.root / "JOURNAL.md").unlink(missing_ok=True)
    add_entry(records, NewEntry("before", what="x"))
    try:
        entry = add_entry(records, NewEntry(title, what=text, result=text))
    except UsageProblem:
        return
    add_entry(records, NewEntry("behind", what="y"))
    assert [one.title for one in latest_entries(records, None)] == ["behind", entry.title, "before"]
    file, found = find_entry(records, "2")
    from conductor.records.markup import clean_text

    clean = clean_text(text)
    assert file.fields(found) == ([("What", clean), ("Result", clean)] if clean else [])


def test_entries_are_found_by_task_date_and_number(records, write):
    write("JOURNAL.md", samples.JOURNAL)
    write("JOURNAL_ARCHIVE/2025-10.md", "# Archive\n\n## 2025-10-01 09:00\n\n### Old one\n- **What**: old\n")
    assert find_entry(records, "TASK-2025-11-06-002")[1].title == "Pinned the codec library"
    assert find_entry(records, "2025-11-05")[1].title == "Looked at the old decoder"
    assert find_entry(records, "6")[1].title == "Old one"
    with pytest.raises(UsageProblem):
        find_entry(records, "2024")


def test_the_fields_of_an_entry_come_back(records, write):
    write("JOURNAL.md", samples.JOURNAL)
    file, entry = find_entry(records, "1")
    fields = dict(file.fields(entry))
    assert fields["Why"] == "the build broke"
    assert "# Before the change" in fields["How"]


def test_a_draft_is_made_from_commits(records, git):
    for number in range(3):
        git("commit", "-q", "--allow-empty", "-m", f"Change {number}\n\nBecause {number}.", cwd=records.root)
    what, how = draft_from_commits(records.repository, "HEAD~2..HEAD")
    assert what == "Change 1\nChange 2"
    assert "Because 2." in how
    with pytest.raises(UsageProblem):
        draft_from_commits(records.repository, "--all")
    with pytest.raises(NothingToDo):
        draft_from_commits(records.repository, "HEAD..HEAD")


def test_search_finds_words_everywhere_in_any_case(records, write):
    write("JOURNAL.md", samples.JOURNAL)
    write("TASKS.md", samples.TASKS)
    write("ERRORS.md", samples.ERRORS)
    write("TASKS_ARCHIVE/2025-10/TASK-2025-10-30-001.md", "# TASK-2025-10-30-001: Choose\n\nthe DECODER again\n")
    write(".serena/memories/decoder.md", "# Decoder\nfast\n")
    hits = search_records(records, "decoder")
    assert {hit.kind for hit in hits} == {"task", "journal", "error", "memory"}
    assert ("TASKS_ARCHIVE/2025-10/TASK-2025-10-30-001.md", 3) in {(hit.path, hit.line) for hit in hits}
    assert [hit.heading for hit in search_records(records, "the build broke")] == [
        "Pinned the codec library |TASK:TASK-2025-11-06-002|"
    ]
    assert search_records(records, "SEE") == search_records(records, "see")
    lines = samples.TASKS.splitlines()
    assert [lines[hit.line - 1] for hit in search_records(records, "→ see")] == [
        "- **FINDING-001**: the library moved its headers → see `docs/`",
        "- [TASK-2025-10-30-001]: Choose a decoder → See JOURNAL.md 2025-10-30",
    ]
