"""Projects that nobody writes and anybody may meet: what each holds, by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_FROM = "FROM python:3.11-slim\n"
_START = 'CMD ["python", "main.py"]\n'
_PLAIN = {
    "Dockerfile": _FROM + "COPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\n" + _START,
    "main.py": "import click\n",
    "requirements.txt": "click\n",
}


def _with(**files: str | bytes) -> Callable[[Path], None]:
    """Return what writes a plain project with other files, `__` standing for a dot and `___` for a slash."""

    def make(folder: Path) -> None:
        named = {name.replace("___", "/").replace("__", "."): text for name, text in files.items()}
        for name, text in {**_PLAIN, **named}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


def _docker(text: str | bytes) -> Callable[[Path], None]:
    return _with(Dockerfile=text)


def _run(text: str) -> Callable[[Path], None]:
    return _docker(_FROM + f"RUN {text}\n" + _START)


def _main(text: str | bytes) -> Callable[[Path], None]:
    return _with(main__py=text)


def _special(name: str, put: Callable[[Path], None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        _with()(folder)
        (folder / name).unlink(missing_ok=True)
        put(folder / name)

    return make


NESTS = {
    "command": ("$(", ")"), "arithmetic": ("$((", "))"), "braces": ("{ ", ";}"), "subshell": ("(", ")"), "quotes": ('"$(echo ', ')"'),
    "if": ("if true; then ", "; fi"), "while": ("while true; do ", "; done"), "case": ("case x in x) ", ";; esac"), "default": ("${A:-", "}"),
    "function": ("f() { ", "; }; f"), "and": ("true && ", ""), "bang": ("! ", ""), "brackets": ("[[ ", " ]]"), "sh-c": ("sh -c '", "'"), "xargs": ("xargs ", ""),
    "env": ("env A=1 ", ""), "backquote": ("`echo ", "`"), "brace-list": ("{a,", "}"),
}  # fmt: skip
NASTY: dict[str, Callable[[Path], None]] = {
    **{f"nest-{name}-{depth}": _run(left * depth + "echo a" + right * depth) for name, (left, right) in NESTS.items() for depth in (50, 2000)},
    "empty": _docker(""),
    "only-comments": _docker("# a\n" * 5000),
    "only-from": _docker("FROM"),
    "null-bytes": _docker(b"\x00" * 5000),
    "random-bytes": _docker(bytes(range(256)) * 40),
    "utf-16": _docker((_FROM + _START).encode("utf-16")),
    "carriage-returns": _docker((_FROM + _START).replace("\n", "\r")),
    "one-huge-line": _run("echo " + "a" * 3_000_000),
    "huge-words": _run("echo " + "a " * 400_000),
    "many-runs": _docker(_FROM + "".join(f"RUN apt-get update && apt-get install -y p{n} && pip install q{n}==1.{n}\n" for n in range(990)) + _START),
    "many-run-chain": _run(" && ".join(f"mkdir -p /d/{n} && cd /d/{n} && touch f{n}" for n in range(3000))),
    "many-envs": _docker(_FROM + "".join(f"ENV A{n}=$A{n - 1}x$A{n - 1}\n" for n in range(1, 900)) + _START),
    "env-doubling": _docker(_FROM + "ENV A=aaaaaaaaaa\n" + "ENV A=$A$A\n" * 60 + 'RUN echo "$A"\n' + _START),
    "env-self": _docker(_FROM + "ENV A=${A:-${A:-${A}}}\nRUN echo ${A:-${B:-${A}}}\n" + _START),
    "many-stages": _docker("".join(f"FROM python:3.11-slim AS s{n}\nCOPY --from=s{n - 1} /a /a\n" for n in range(1, 400)) + _START),
    "stage-of-itself": _docker("FROM a AS a\nCOPY --from=a / /\n" + _START),
    "continuations": _run("echo " + "\\\n" * 20000 + "end"),
    "comments-in-run": _run("echo \\\n" + "# c\n" * 20000 + " end"),
    "heredocs": _run("cat <<A <<B <<-'C' > /x\na\nA\nb\nB\n\tc\n\tC"),
    "heredoc-unclosed": _run("cat <<EOF\n" + "line\n" * 20000),
    "heredoc-many": _docker(_FROM + "RUN <<E\necho a\nE\n" * 900 + _START),
    "json-deep": _docker(_FROM + "CMD " + "[" * 20000 + "]" * 20000 + "\n"),
    "json-huge-number": _docker(_FROM + f"CMD [{'9' * 20000}]\n"),
    "json-surrogate": _docker(_FROM + 'CMD ["python", "\\ud800", "main.py"]\n'),
    "onbuild-onbuild": _docker(_FROM + "ONBUILD " * 3000 + "RUN a\n"),
    "healthcheck-nest": _docker(_FROM + "HEALTHCHECK CMD " * 2000 + "a\n"),
    "glob-heavy": _docker(_FROM + "COPY " + "*" * 40 + "a " + "?*" * 30 + "b /x/\n" + _START),
    "glob-brackets": _docker(_FROM + "COPY [a-z [!-] [[:alpha:]] []a] /x/\n" + _START),
    "copy-up": _docker(_FROM + "COPY " + "../" * 5000 + "etc/passwd /x\nWORKDIR " + "../" * 5000 + "\n" + _START),
    "long-path": _docker(_FROM + "COPY " + "a/" * 3000 + "b /x\nWORKDIR /" + "b/" * 3000 + "\n" + _START),
    "name-too-long": _docker(_FROM + "COPY " + "n" * 300 + " /x\n" + 'CMD ["python", "' + "m" * 300 + '.py"]\n'),
    "expand-unbalanced": _docker(_FROM + "ENV A=${\nENV B=${}\nENV C=${A:\nCOPY ${A /x\nWORKDIR ${\n" + _START),
    "printf-format": _run("printf '%s%*d%999999999d\\x41\\0' a b > /run.sh && sh /run.sh"),
    "brace-range": _run("touch /x/{1..999999999} {a..z}{a..z}{a..z}{a..z}{a..z}"),
    "seq-loop": _run("for i in $(seq 1 100000000); do for j in $(seq 1 100000000); do pip install p$i; done; done"),
    "sed-heavy": _run("echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! > /a && sed -i -E 's/(a+)+$/b/' /a && grep -E '(a|aa)+$' /a"),
    "ignore-heavy": _with(__dockerignore="**/**/**/**/**/**/**/**/**/a\n" + "*a*a*a*a*a*a*a*a*a*a*b\n" * 50),
    "ignore-many": _with(__dockerignore="".join(f"**/p{n}/**\n!p{n}\n" for n in range(20000))),
    "ignore-brackets": _with(__dockerignore="[\n[]\n[!\n\\\n!\n/\n//\n.\n..\n!.\n{a\n"),
    "ignore-null": _with(__dockerignore=b"\x00\xff\n*\x00\n"),
    "requirements-self": _with(requirements__txt="-r requirements.txt\n-c requirements.txt\n"),
    "requirements-circle": _with(requirements__txt="-r a.txt\n", a__txt="-r b.txt\n", b__txt="-r a.txt\n"),
    "requirements-doubling": _with(requirements__txt="-r r1.txt\n-r r1.txt\n", **{f"r{n}__txt": f"-r r{n + 1}.txt\n-r r{n + 1}.txt\n" for n in range(1, 40)}),
    "requirements-device": _with(requirements__txt="-r /dev/zero\n-r /proc/self/environ\n-r .\n-r ..\n-e /\n"),
    "requirements-junk": _with(requirements__txt=b"\x00\n==\n>=1\n[x]\n;\nclick;;\nclick ; python_version > 'x'\nclick @\n--\n-r\n\xff\xfe\n" + b"a" * 100000),
    "requirements-markers": _with(requirements__txt="click ; " + "(" * 3000 + "python_version > '3'" + ")" * 3000 + "\n"),
    "requirements-specifiers": _with(requirements__txt="click" + ",".join(f"!={n}.{n}" for n in range(20000)) + "\n"),
    "requirements-version": _with(requirements__txt="click==" + "1." * 20000 + "1\nclick==" + "9" * 6000 + "\n"),
    "requirements-utf-16": _with(requirements__txt="click\nflask\n".encode("utf-16")),
    "requirements-hash": _with(requirements__txt="click --hash=sha256:\nflask --hash\nx --hash=md5:zz --hash=sha999:00\n"),
    "pyproject-junk": _with(pyproject__toml="[project]\nname = []\ndependencies = [1, {}]\n", Dockerfile=_FROM + "COPY . .\nRUN pip install .\n" + _START),
    "pyproject-types": _with(pyproject__toml="project = 1\ntool = []\nbuild-system = ''\n", Dockerfile=_FROM + "COPY . .\nRUN pip install -e .[a] && uv sync\n" + _START),
    "pyproject-deep": _with(pyproject__toml="a = " + "[" * 20000, Dockerfile=_FROM + "COPY . .\nRUN pip install .\n" + _START),
    "pyproject-scripts": _with(pyproject__toml="[project]\nname='a'\nversion='1'\nscripts=3\n[tool.setuptools]\npackages=4\npackage-dir=[]\n[tool.poetry]\ndependencies=1\n", Dockerfile=_FROM + "COPY . .\nRUN pip install .\n" + 'CMD ["a"]\n'),
    "setup-py-deep": _with(setup__py="from setuptools import setup\nsetup(install_requires=" + "[" * 3000 + "]" * 3000 + ")\n", Dockerfile=_FROM + "COPY . .\nRUN pip install .\n" + _START),
    "setup-cfg-junk": _with(setup__cfg="[options\ninstall_requires = %(x)s\n[a]\n[a]\n", setup__py="import setuptools; setuptools.setup()", Dockerfile=_FROM + "COPY . .\nRUN pip install .\n" + _START),
    "lock-junk": _with(uv__lock="version = []\npackage = 3\n", pyproject__toml="[project]\nname='a'\nversion='1'\n", Dockerfile=_FROM + "COPY . .\nRUN uv sync --frozen\n" + _START),
    "pipfile-junk": _with(Pipfile="[packages]\na = []\nb = {version = 3}\n", Pipfile__lock='{"default": [1]}', Dockerfile=_FROM + "COPY . .\nRUN pipenv install --system --deploy\n" + _START),
    "python-parens": _main("(" * 5000 + ")" * 5000),
    "python-unary": _main("x = " + "-" * 100000 + "1\n"),
    "python-not": _main("x = " + "not " * 20000 + "1\n"),
    "python-binary": _main("x = " + "+".join(["1"] * 50000) + "\n"),
    "python-attributes": _main("x" + ".a" * 50000 + "\n"),
    "python-calls": _main("x" + "()" * 20000 + "\n"),
    "python-elif": _main("if a: pass\n" + "elif a: pass\n" * 5000),
    "python-nest": _main("".join("    " * n + "if a:\n" for n in range(95)) + "    " * 95 + "import b\n"),
    "python-try-nest": _main("".join("    " * n + "try:\n" for n in range(20)) + "    " * 20 + "import b\n" + "".join("    " * n + "except ImportError: pass\n" for n in reversed(range(20)))),
    "python-digits": _main("x = " + "9" * 50000 + "\n"),
    "python-null": _main(b"import a\x00\nimport b\n"),
    "python-encoding": _main(b"# -*- coding: utf-99 -*-\nimport a\n"),
    "python-encoding-odd": _main(b"# coding: rot13\nvzcbeg n\n"),
    "python-encoding-null": _main(b"# coding: \x00\nimport a\n"),
    "python-utf-16": _main("import click\n".encode("utf-16")),
    "python-imports": _main("".join(f"import m{n}\n" for n in range(20000))),
    "python-dots": _main("from " + "." * 5000 + " import x\nimport " + ".".join(["a"] * 3000) + "\n"),
    "python-fstring-nest": _main("x = " + "f'{" * 3 + "1" + "}'" * 3 + "\nf'{" + "(" * 150 + "1" + ")" * 150 + "}'\n"),
    "python-circle": _with(main__py="import a\n", a__py="import b\n", b__py="import a, main\n"),
    "python-chain": _with(main__py="import m0\n", **{f"m{n}__py": f"import m{n + 1}\n" for n in range(1500)}),
    "python-web": _with(main__py="import m0\n", **{f"m{n}__py": "".join(f"import m{k}\n" for k in range(150)) for n in range(150)}),
    "python-open": _main("open('/dev/zero')\nopen('../../../../etc/passwd')\nopen('')\nopen('\\x00')\nopen('a' * 10 ** 9)\nopen('" + "n" * 5000 + "')\n"),
    "script-circle": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "a.sh"]\n', a__sh=". ./b.sh\nsh b.sh\n", b__sh=". ./a.sh\nexec sh a.sh\n"),
    "script-doubling": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "s0.sh"]\n', **{f"s{n}__sh": f". ./s{n + 1}.sh\nsh s{n + 1}.sh\n. ./s{n + 1}.sh\n" for n in range(40)}),
    "script-functions": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "a.sh"]\n', a__sh="".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(60)) + "f0\n"),
    "script-ifs": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "a.sh"]\n', a__sh="if [ $A ]; then B=1; else B=2; fi\n" * 4000 + "exec python main.py\n"),
    "script-cases": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "a.sh"]\n', a__sh="case $A in a) cd /a;; b) cd /b;; *) export C=$A$B;; esac\n" * 2000 + "exec python main.py\n"),
    "script-binary": _with(Dockerfile=_FROM + 'COPY . .\nCMD ["sh", "a.sh"]\n', a__sh=b"\x7fELF" + bytes(range(256)) * 100),
    "script-shebang": _with(Dockerfile=_FROM + 'COPY . .\nENTRYPOINT ["./a.sh"]\n', a__sh=b"#!" + b"/usr/bin/env " * 500 + b"\xff\x00\n"),
    "data-json": _with(main__py="import json\njson.load(open('a.json'))\n", a__json="[" * 100000),
    "big-file": _with(main__py="x = '" + "a" * 20_000_000 + "'\n"),
    "big-dockerfile": _docker(_FROM + "# " + "a" * 20_000_000 + "\n" + _START),
    **{f"fifo-{name.strip('.')}": _special(name, os.mkfifo) for name in (".dockerignore", "requirements.txt", "main.py", "CONDUCTOR.md", "pyproject.toml", ".git")},
    **{f"folder-{name.strip('.')}": _special(name, lambda path: path.mkdir()) for name in ("Dockerfile", ".dockerignore", "requirements.txt", "main.py")},
    **{f"loop-{name.strip('.')}": _special(name, lambda path: path.symlink_to(path.name)) for name in ("Dockerfile", ".dockerignore", "requirements.txt", "main.py")},
    **{f"zero-{name.strip('.')}": _special(name, lambda path: path.symlink_to("/dev/zero")) for name in (".dockerignore", "requirements.txt", "main.py")},
    "folder-loop": _special("again", lambda path: path.symlink_to(".")),
    "folder-root": _special("root", lambda path: path.symlink_to("/")),
}  # fmt: skip
