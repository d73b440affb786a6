"""Who vouches for a line: this host's keyed hash, another host's word, or its age."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.domain.evidence import Evidence, Outcome, Standing, add_hash, hash_line, render_body
from conductor.domain.finding import Severity
from conductor.errors import RecordSyntaxError, UsageProblem
from conductor.records.evidence import EvidenceStore
from conductor.records.evidence_check import check_store
from conductor.records.host_key import FILE, load_key

SEEN = Evidence("command", "unit", Outcome.PASSED, "2026-01-05T10:31:00Z", "sh -c 'make test'", {"exit": 0})
OTHER = "elsewhere-0a1b2c3d"


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def store(tmp_path, keys):
    return EvidenceStore(tmp_path, keys=keys)


@pytest.fixture
def path(tmp_path):
    found = tmp_path / ".conductor/evidence/2026-01/s-1.jsonl"
    found.parent.mkdir(parents=True)
    return found


def old_line(seq=1, prev=None, **changes):
    data = {
        "schema": 1, "seq": seq, "prev": prev, "kind": "command", "subject": "unit", "outcome": "passed",
        "observed_at": "2026-01-05T10:31:00Z", "source": "sh -c 'make test'", "detail": {},
    }  # fmt: skip
    return json.dumps({**data, **changes}, separators=(",", ":"))


def codes(store):
    return [(finding.code, finding.severity) for finding in check_store(store)]


def test_a_line_carries_its_hosts_hash_over_everything_that_stands_before_it(store, keys, path):
    line = store.append("s-1", SEEN)
    text = path.read_text().rstrip("\n")
    body = text[: text.rindex(',"hash":"')] + "}"
    secret = bytes.fromhex(json.loads((keys / FILE).read_text())["key"])
    assert json.loads(text)["hash"] == hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    assert (json.loads(text)["schema"], json.loads(text)["host"]) == (2, line.host)
    assert (line.standing, store.lines(), check_store(store)) == (Standing.OWN, [line], [])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('"passed"', '"failed"'), ('"unit"', '"lint"'), ('"exit":0', '"exit":1'), ("10:31:00", "10:32:00"),
     ('"schema":2,', '"schema":2, '), ('"detail":{', '"detail":{"note":"x",'), ("make test", "make  test"),
     ('"prev":null', '"prev": null'), ('"kind":"command"', '"kind":"manual"')],
)  # fmt: skip
def test_a_line_that_was_changed_in_any_place_proves_nothing(store, path, was, becomes):
    store.append("s-1", SEEN)
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes, 1))
    assert store.lines() == []
    (line,) = store.every_line()
    assert line.standing is Standing.FORGED
    assert ("EV-HOST-001", Severity.ERROR) in codes(store)


@pytest.mark.parametrize("keyed_hash", ["0" * 64, "", "f" * 63, None])
def test_a_line_appended_by_hand_in_this_hosts_name_is_an_error(store, path, keys, keyed_hash):
    first = store.append("s-1", SEEN)
    body = render_body(2, first.sha256, load_key(keys).host, SEEN)
    text = body if keyed_hash is None else add_hash(body, keyed_hash)
    with path.open("a") as file:
        file.write(text + "\n")
    assert store.lines() == [first]
    assert store.resolve(f"s-1#2:{hash_line(text)[:8]}").standing is Standing.FORGED
    assert codes(store) == [("EV-HOST-001", Severity.ERROR)]


def test_what_another_host_wrote_counts_and_is_called_its_word(store, path, keys, tmp_path):
    elsewhere = EvidenceStore(tmp_path, keys=tmp_path / "other")
    theirs = [elsewhere.append("s-1", SEEN) for _ in range(3)]
    ours = store.append("s-2", SEEN)
    assert [line.standing for line in store.lines()] == [Standing.REPORTED] * 3 + [Standing.OWN]
    assert store.lines()[0].told == f"{theirs[0].reference}, reported by {theirs[0].host}"
    assert ours.told == ours.reference
    (finding,) = check_store(store)
    assert (finding.code, finding.severity) == ("EV-HOST-002", Severity.ADVICE)
    assert f"3 lines of evidence are reported by {theirs[0].host}" in finding.message


def test_two_hosts_may_write_into_one_file_and_the_chain_holds(store, tmp_path):
    store.append("s-1", SEEN)
    EvidenceStore(tmp_path, keys=tmp_path / "other").append("s-1", SEEN)
    last = store.append("s-1", SEEN)
    assert (last.seq, len(store.lines())) == (3, 3)
    assert codes(store) == [("EV-HOST-002", Severity.ADVICE)]


@pytest.mark.parametrize(
    "change",
    [
        {"host": ""},
        {"host": "no id"},
        {"host": 7},
        {"host": None, "hash": None},
        {"host": "\x1b[31m-00000000"},
        {"hash": "x"},
    ],
)
def test_a_line_without_a_host_and_its_hash_is_no_evidence(store, path, change):
    store.append("s-2", SEEN)
    data = {**json.loads(add_hash(render_body(1, None, OTHER, SEEN), "a" * 64)), **change}
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n")
    assert [line.writer for line in store.lines()] == ["s-2"]
    assert {code for code, _ in codes(store)} <= {"EV-LINE-001", "EV-OLD-001"}
    assert codes(store)


def test_a_lost_key_makes_this_hosts_lines_anothers_word_and_says_what_may_have_happened(store, keys, tmp_path):
    line = store.append("s-1", SEEN)
    (keys / FILE).unlink()
    without = EvidenceStore(tmp_path, keys=keys)
    assert [one.standing for one in without.lines()] == [Standing.REPORTED]
    assert codes(without) == [("EV-HOST-002", Severity.ADVICE)]
    anew = EvidenceStore(tmp_path, keys=keys)
    anew.append("s-2", SEEN)
    assert [one.standing for one in anew.lines()] == [Standing.REPORTED, Standing.OWN]
    (finding,) = check_store(anew)
    assert line.host in finding.message
    assert "before its key was lost" in finding.message


def test_a_damaged_key_is_one_error_and_stops_only_what_would_write(store, keys, tmp_path):
    store.append("s-1", SEEN)
    (keys / FILE).write_text("{")
    damaged = EvidenceStore(tmp_path, keys=keys)
    assert len(damaged.lines()) == 1
    assert codes(damaged) == [("EV-KEY-001", Severity.ERROR), ("EV-HOST-002", Severity.ADVICE)]
    with pytest.raises(UsageProblem):
        damaged.append("s-1", SEEN)


def test_lines_of_schema_1_count_up_to_the_last_one_that_was_brought_along(tmp_path, keys, path):
    texts = [old_line()]
    for number in (2, 3):
        texts.append(old_line(number, hash_line(texts[-1])))
    path.write_text("".join(text + "\n" for text in texts))
    name = path.relative_to(tmp_path).as_posix()
    store = EvidenceStore(tmp_path, lambda: {name: hash_line(texts[1])}, keys=keys)
    assert [line.standing for line in store.every_line()] == [Standing.INHERITED, Standing.INHERITED, Standing.STRAY]
    assert [line.seq for line in store.lines()] == [1, 2]
    assert codes(store) == [("EV-OLD-001", Severity.ERROR)]
    assert store.append("s-1", SEEN).seq == 4


def test_lines_of_schema_1_that_nobody_knows_are_one_error_a_file(store, path):
    first = old_line()
    path.write_text(f"{first}\n{old_line(2, hash_line(first))}\n")
    (finding,) = check_store(store)
    assert (finding.code, finding.location.line) == ("EV-OLD-001", 1)
    assert "line 1 (and 1 more)" in finding.message
    assert store.lines() == []


def test_a_newer_schema_asks_for_a_newer_conductor(store, path):
    path.write_text(old_line(schema=3) + "\n")
    (finding,) = check_store(store)
    assert (finding.code, finding.remedy) == ("EV-SCHEMA-001", "install a newer Conductor")
    with pytest.raises(RecordSyntaxError, match="schema 3: this version knows 2"):
        store.append("s-1", SEEN)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "7", '"x"', "{}", '{"schema":2}', '{"schema":true}', '{"schema":"2"}', "[" * 5000,
     old_line(outcome="fine"), old_line(detail=7), old_line(seq="x"), old_line(subject=["a"]), old_line(kind=None)],
    ids=range(15),
)  # fmt: skip
def test_what_is_no_evidence_is_said_to_be_none_and_stops_nothing_else(store, path, text):
    path.write_text(text + "\n")
    store.append("s-2", SEEN)
    assert [line.writer for line in store.lines()] == ["s-2"]
    assert "EV-LINE-001" in {code for code, _ in codes(store)}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_other_text_carries_a_lines_hash(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("store")
    EvidenceStore(root, keys=root / "keys").append("s-1", SEEN)
    (path,) = root.glob(".conductor/evidence/*/s-1.jsonl")
    text = path.read_text()
    at = data.draw(st.integers(0, len(text) - 2))
    new = data.draw(st.one_of(st.just(""), st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
    if new == text[at]:
        return
    path.write_text(text[:at] + new + text[at + 1 :])
    store = EvidenceStore(root, keys=root / "keys")
    assert [line for line in store.every_line() if line.standing is Standing.OWN] == []
