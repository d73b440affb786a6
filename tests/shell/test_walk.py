import pytest

from conductor.shell.expand import UNKNOWN
from conductor.shell.visitor import Limits, TooMuchError
from tests.shell.calls import calls, walk


def call(text, name, **given):
    return next(each for each in walk(text, **given).found if each.argv[:1] == [name])


@pytest.mark.parametrize(
    ("text", "name", "masked"),
    [
        ("a && b", "a", False),
        ("a; b", "a", True),
        ("a; b", "b", False),
        ("set -e; a; b", "a", False),
        ("set -e; a; set +e; b; c", "b", True),
        ("set -o errexit; a; b", "a", False),
        ("set -e; a && b; c", "a", True),
        ("set -e; a && b; c", "b", False),
        ("set -e; a && b", "a", False),
        ("a || true", "a", True),
        ("a || exit 1", "a", False),
        ("a || exit 1; b", "a", False),
        ("a || exit 0; b", "a", True),
        ("a || { echo no; exit 3; }; b", "a", False),
        ("a | b", "a", True),
        ("a | b", "b", False),
        ("set -o pipefail; a | b", "a", False),
        ("set -euo pipefail; a | b; c", "a", False),
        ("! a", "a", True),
        ("a & b", "a", True),
        ("if a; then b; fi", "a", True),
        ("set -e; f() { a; b; }; f; c", "a", False),
        ("f() { a; b; }; f", "a", True),
        ("f() { a; b; }; f", "b", False),
        ("set -e; bash -c 'a; b'", "a", True),
        ("bash -ec 'a; b'", "a", False),
        ("bash -ec 'a; b' || true", "a", True),
        ("x=$(a)", "a", True),
    ],
)
def test_it_is_known_whether_a_failure_stops_the_rest(text, name, masked):
    assert call(text, name).masked is masked


@pytest.mark.parametrize(
    "text",
    [
        "if x; then b; fi",
        "x || b",
        "while x; do b; done",
        "case $x in a) b;; esac",
        "[ -f x ] && b; c",
        "[ -f x ] && a && b; c",
        "cd /nowhere || b",
        "cd - || b",
        'test -n "$(x)" && b; c',
        "x || bash -c b",
        "f() { b; }; x || f",
        "for i in $(x); do b; done",
        "grep -q y z && b; c",
        "set -e; [ -f x ] && b; c",
        "until x; do b; done",
        "if x; then c; elif y; then d; else b; fi",
        "x || { c; b; }",
    ],
)
def test_what_may_not_run_is_conditional(text):
    assert call(text, "b").standing.conditional


@pytest.mark.parametrize(
    "text",
    [
        "a && b",
        "[ 1 = 1 ] && b; c",
        "if [ x = x ]; then b; else c; fi",
        "for i in 1 2; do b; done",
        "false || b",
        "case linux-amd64 in *arm*) c;; linux-*) b;; esac",
        "test -f there && b; c",
        "[ -f x ] && b",
        'A=1; if [ -n "$A" ]; then b; fi',
    ],
)
def test_what_runs_for_sure_is_not(text):
    assert not call(text, "b", files={"/work/there": ""}).standing.conditional


@pytest.mark.parametrize(
    "text",
    [
        "if [ a = b ]; then b; fi",
        "true || b",
        "case a in b) b;; esac",
        "false && b",
        "exit 0; b",
        "exec a; b",
        "f() { return; b; }; f",
        "for i in 1 2; do break; b; done",
        "f() { b; }",
        'if [ "$1" = x ]; then b; fi',
        "while [ 1 = 2 ]; do b; done",
        "bash -n -c b",
        "(exit 0; b)",
    ],
)
def test_what_is_not_reached_is_not_called(text):
    assert "b" not in calls(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P='a b'; c $P", "c a b"),
        ("P='a b'; c \"$P\"", "c a b"),
        ("c $EMPTY x", "c " + UNKNOWN + " x"),
        ("A=; c $A x", "c x"),
        ('L=(x y); c "${L[@]}"', "c x y"),
        ("L=(x); L+=(y z); c ${L[2]}", "c z"),
        ('set -- a b; shift; c "$@" $#', "c b 1"),
        ('f() { c "$2" "$1"; }; f x y', "c y x"),
        ("f() { local A=2; c $A; }; A=1; f", "c 2"),
        ("f() { local A=2; }; A=1; f; c $A", "c 1"),
        ("f() { A=2; }; A=1; f; c $A", "c 2"),
        ("A=1; (A=2); c $A", "c 1"),
        ("A=1; bash -c 'c $A'", "c " + UNKNOWN),
        ("export A=1; bash -c 'c $A'", "c 1"),
        ("A=1 bash -c 'c $A'", "c 1"),
        ('bash -c \'c "$1" "$0"\' n a', "c a n"),
        ("sh -ec 'c x'", "c x"),
        ("bash -o pipefail -c 'c x'", "c x"),
        ("bash <<'E'\nc x\nE", "c x"),
        ("A=x; bash <<E\nc $A\nE", "c x"),
        ("echo c x | sh", "c x"),
        ("printf 'c %s\\n' x | sh", "c x"),
        ("eval 'c x'", "c x"),
        ("c $(echo x) $(printf y)", "c x y"),
        ("c \"$(cat <<'E'\nx\nE\n)\"", "c x"),
        ("cd /a/b; c $PWD $(basename $(pwd))", "c /a/b b"),
        ("c $(dirname /a/b/c)", "c /a/b"),
        ("echo 'c x' > f.sh; sh f.sh", "c x"),
        ("cat > f.sh <<E\nc x\nE\n. ./f.sh", "c x"),
        ("source lib.sh; hello", "c from-lib"),
        ("./run.sh x y", "c y"),
        ("echo x y | xargs c", "c x y"),
        ("xargs c < list", "c p q"),
        ("printf 'x\\ny\\n' | xargs -I{} c -{}-", "c -x-"),
        ("env A=1 c x", "c x"),
        ("timeout -k 5 60 nice -n 3 c x", "c x"),
        ("time c x", "c x"),
        ("command c x", "c x"),
        ("c() { echo own; }; command c x", "c x"),
        ("sudo -u me c x", "c x"),
        ("echo x y | while read A B; do c $B; done", "c y"),
        ("while read A; do c $A; done < list", "c p q"),
        ("for i in x y; do c $i; done", "c x"),
        ("for i in *.sh; do c $i; done", "c " + UNKNOWN),
        ("for i in '*.sh'; do c \"$i\"; done", "c *.sh"),
        ("P='*.sh'; for i in $P x; do c \"$i\"; done", "c " + UNKNOWN),
        ("c {a,b}1", "c a1 b1"),
        ("c ~/x", "c /root/x"),
        ("A=ab; c ${A#a}${A/b/c}", "c bac"),
        ("c ${X:-d}", "c d"),
        ("printf -v A %s x; c $A", "c x"),
        ("mapfile -t L < list; c ${L[0]}", "c p q"),
        ("A=1; A+=2; c $A", "c 12"),
        ("case x in x) A=1;; *) A=2;; esac; c $A", "c 1"),
        ("if q; then A=1; else A=2; fi; c $A", "c " + UNKNOWN),
        ("if q; then A=1; else A=1; fi; c $A", "c 1"),
        ("A=1; q && A=2; c $A", "c 2"),
        ("A=1; q || A=2; c $A", "c " + UNKNOWN),
        ("if q; then A=2; exit; fi; A=1; c $A", "c 1"),
        ("A=1; while q; do A=2; break; done; c $A", "c " + UNKNOWN),
        ("A=1; f() { if q; then A=2; return; fi; }; f; c $A", "c " + UNKNOWN),
    ],
)
def test_the_words_are_those_that_the_program_gets(text, expected):
    files = {"/work/lib.sh": "hello() { c from-lib; }\n", "/work/run.sh": "c $2\n", "/work/list": "p q\n"}
    assert expected in calls(text, files=files)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if q; then f() { a; }; else f() { b; }; fi; f", ["a", "b"]),
        ("q || f() { a; }; f", ["a", "f"]),
        ("q && f() { a; }; f", ["a"]),
        ("f() { a; }; if q; then unset -f f; fi; f", ["a", "f"]),
        ("f() { a; }; (f() { b; }); f", ["a"]),
    ],
)
def test_a_function_is_each_body_that_it_may_have(text, expected):
    assert sorted(each for each in calls(text) if each in {"a", "b", "f"}) == expected


def test_dash_has_no_brace_lists():
    assert calls("c {a,b}", dialect="posix") == ["c {a,b}"]


def test_dash_takes_double_brackets_for_a_program():
    assert call("[[ a = b ]] && b; c", "b", dialect="posix").standing.conditional


def test_a_replacement_is_told_from_a_shrug():
    assert call("a || b", "a").standing.rescued
    assert not call("a || echo no", "a").standing.rescued


@pytest.mark.parametrize("text", ["a; (cd /x; b); c", "cd /x | a; c", "bash -c 'cd /x'; c", "cd /x & c"])
def test_a_folder_is_left_with_its_shell(text):
    assert walk(text).state.cwd == "/work"


@pytest.mark.parametrize(
    ("text", "cwd"),
    [
        ("cd /a && cd ../b", "/b"),
        ("cd x; cd -", "/work"),
        ("pushd /a; popd", "/work"),
        ("cd $UNSET/x", UNKNOWN),
        ("q && cd /a", "/a"),
        ("q || cd /a", UNKNOWN),
        ("if q; then cd /a; fi", UNKNOWN),
        ("cd", "/root"),
        ("cd -- /a", "/a"),
    ],
)
def test_the_folder_is_followed(text, cwd):
    assert walk(text).state.cwd == cwd


def test_what_a_redirection_writes_is_seen():
    assert walk("{ a; } > x 2> /y; b >> z; c > /dev/null").written == ["/work/x", "/y", "/work/z", "/dev/null"]


def test_a_text_that_no_shell_reads_is_told_and_nothing_of_it_runs():
    recorder = walk("a; bash -c 'if x; then'; b")
    assert [each.argv[0] for each in recorder.found] == ["a", "bash", "b"]
    assert recorder.broken == [("", 1)]


def test_a_visitor_may_want_to_see_every_branch():
    text = "if [ a = b ]; then x; else y; fi; true || z; case a in b) u;; *) v;; esac"
    found = [each for each in walk(text, follows=False).found if len(each.argv) == 1]
    assert [(each.argv[0], each.standing.conditional) for each in found] == [
        ("x", True), ("y", True), ("true", False), ("z", True), ("u", True), ("v", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "f() { f; }; f",
        "f() { f; f; f; }; f",
        "while true; do a; done",
        "for ((;;)); do a; done",
        "bash -c \"$(printf 'a%.0s' {1..2000})\"",
        "eval " * 40 + "a",
        "A=1; while [ $A -gt 0 ]; do A=$((A+1)); a; done",
        "echo '. ./f' > f; . ./f",
    ],
)
def test_a_walk_ends(text):
    try:
        found = calls(text)
    except TooMuchError:
        return
    assert len(found) <= Limits().calls


def test_a_long_list_is_no_deep_one():
    assert len(calls("a" + " && a" * 200)) == 201


def test_more_calls_than_the_limit_end_the_walk():
    with pytest.raises(TooMuchError):
        walk("a; a; a; a", limits=Limits(calls=3))


def test_texts_deeper_than_the_limit_are_shown_and_not_looked_into():
    assert calls("bash -c 'bash -c a'", limits=Limits(texts=2)) == ["bash -c bash -c a", "bash -c a"]
