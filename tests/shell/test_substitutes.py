import subprocess

import pytest

from conductor.shell.state import State
from conductor.shell.substitutes import quote
from tests.shell.calls import calls


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alias p=pip; p x", ["pip x"]),
        ("alias p='pip -q' i=install; p i", ["pip -q i"]),
        ("alias p='pip ' i=install; p i x", ["pip install x"]),
        ("alias g=git gp='g push'; gp", ["git push"]),
        ("alias g=git; \\g push", ["g push"]),
        ("alias g=git; 'g' push", ["g push"]),
        ("alias g=git; unalias g; g push", ["g push"]),
        ("alias g=git; unalias -a; g push", ["g push"]),
        ("alias ls='ls -l'; ls", ["ls -l"]),
        ("alias a=b b=a; a", ["a"]),
        ("alias p=pip; bash -c 'p x'", ["p x"]),
        ("hash -p /opt/pip p; p x", ["/opt/pip x"]),
        ("alias e='echo \"a b\"'; e 'c  d'", ["echo a b c  d"]),
    ],
)
def test_an_alias_stands_for_its_text(text, found):
    aside = ("alias", "unalias", "hash", "bash")
    assert [each for each in calls(text, aliases=True) if each.split()[0] not in aside] == found


def test_a_shell_that_nobody_types_into_knows_no_alias():
    assert calls("alias p=pip; p x") == ["alias p=pip", "p x"]


class Branching(State):
    """A shell whose variables keep each value that branches leave."""

    def merge(self, ends):
        super().merge(ends)
        for name in self.variables if len(ends) > 1 else ():
            values = list(dict.fromkeys(end.variables[name] for end in ends if name in end.variables))
            if len(values) > 1:
                self.alternatives[name] = values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("X=a; if q; then X=b; fi; run $X", ["run a", "run b"]),
        ("if q; then X=a; else X=b; fi; run $X", ["run a", "run b"]),
        ("if q; then X=a; else X=b; fi; Y=x$X; run $Y", ["run xb"]),
        ("if q; then X=a; else X=b; fi; X=c; run $X", ["run c"]),
        ("case $q in 1) X=a;; 2) X=b;; *) X=c;; esac; run $X", ["run a", "run b", "run c"]),
        ("if q; then X=a Y=1; else X=b Y=2; fi; run $X$Y", ["run a1", "run a2", "run b1", "run b2"]),
        ("if q; then X=a; else X=b; fi; unset X; run .$X", ["run .\ue000"]),
        ("if q; then X=a; else X=b; fi; Y=$X run $X", ["run a", "run b"]),
    ],
)
def test_a_variable_of_several_values_is_walked_with_each(text, found):
    assert [each for each in calls(text, kind=Branching) if each.startswith("run")] == found


@pytest.mark.parametrize("word", ["", "a b", "it's", '"', "\\", "$x `y`", "a\nb", "*?[", "-n"])
def test_a_quoted_word_is_read_as_itself(word):
    done = subprocess.run(["sh", "-c", f"printf %s {quote(word)}"], capture_output=True, text=True, check=True)
    assert done.stdout == word
