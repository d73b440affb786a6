"""Keep conductor/programs true: write the index of its names and its page, and ask the programs themselves.

    python scripts/programs.py            write the index and docs/programs.md where they are not what the table says
    python scripts/programs.py --ask      ask the programs of this machine for their help, print what the table lacks
    python scripts/programs.py --ask pip=/usr/bin/pip3 uv=…     the same of these, and no others

Exit 0: nothing to do, or nothing lacks; 1: something was written, or something lacks.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from conductor.programs import load
from conductor.programs.words import COMMITS, RULED, Words

ROOT = Path(__file__).resolve().parents[1]
TABLE, INDEX, PAGE = ROOT / "conductor/programs/table", ROOT / "conductor/programs/index.py", ROOT / "docs/programs.md"
BEGIN, END = "<!-- programs: begin -->", "<!-- programs: end -->"
_TIMEOUT_S = 20
_SPELLED = re.compile(r"(?P<name>-[A-Za-z0-9?#](?![\w-])|--(?:\[no-\])?[A-Za-z][\w-]*(?:\.\d+)*)")
# What follows an option's name where it takes a value, as pip, uv, git, curl, npm, GNU and Docker print it.
_OPTIONAL = re.compile(r"\[=[^]]*\]|\[[<A-Za-z][^]]*\]|\s?\[[A-Za-z:]+\]")
_KINDS = (
    "list|string|strings|stringArray|stringToString|int|uint16|uint|bytes|duration|decimal|mount|gpu-request|filter|map|"
    "scale|network|ulimit|port|file|path"
)
_VALUE = re.compile(
    r"[= ]?<[^>]*>| \[<[^>]*>\]|=\[?\(?[A-Za-z][\w|,.:/-]*\)?|[ =]\{[^}]*\}| (?:\[\([a-z|]+\):\]\w+|\([a-z0-9|-]+\))"
    r"| [A-Z][A-Z_0-9]*(?=\s{2}|[,=]|$)| [a-z-]+(?=, --)| \[\w+://\]\w+"
    rf"| [a-z]+(?:\|[a-z<>]+)+| (?:{_KINDS})(?=\s{{2}}|$)"
)
_BETWEEN = re.compile(r",\s*|\s*\|\s*|, or |\s+/\s+| (?=--)")


def files() -> list[str]:
    """Return the files of the table, by name."""
    return sorted(path.stem for path in TABLE.glob("*.py") if path.stem != "__init__")


def index_of(programs: dict[str, dict[str, Words]]) -> str:
    """Return the text of the index: the names that each file has, and those with an effect."""
    everything = {name: words for names in programs.values() for name, words in names.items()}
    stopped = sorted(
        name for name, words in everything.items() if set(RULED) & set(words.effects) and COMMITS not in words.effects
    )
    languages: dict[str, list[str]] = {}
    for name, words in sorted(everything.items()):
        if words.language:
            languages.setdefault(words.language, []).append(name)
    wrappers = sorted(name for name, words in everything.items() if words.before is not None)
    return "\n".join([
        '"""The names of the table, and the file that has each. Written by `make programs`."""',
        "",
        "from __future__ import annotations",
        "",
        "_NAMES = {",
        *(f'    "{file}": """\n{_wrapped(sorted(names))}\n    """,' for file, names in sorted(programs.items())),
        "}",
        "FILES = {name: file for file, names in _NAMES.items() for name in names.split()}",
        "# Those with an effect that a rule may stop; of git, its subcommands are looked for instead.",
        *_text("STOPPED", stopped),
        "# Those that run the words after them.",
        *_text("WRAPPERS", wrappers),
        "# The language that each interpreter reads.",
        "LANGUAGES = {",
        *(f'    "{name}": "{" ".join(names)}",' for name, names in sorted(languages.items())),
        "}",
        'SHELLS = _NAMES["shells"]',
        "",
    ])  # fmt: skip


def _text(name: str, names: list[str]) -> list[str]:
    return [f'{name} = """', _wrapped(names), '"""']


def _wrapped(names: list[str]) -> str:
    return textwrap.fill(" ".join(names), 110, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def rows_of(programs: dict[str, dict[str, Words]]) -> str:
    """Return the page's table: each file, its programs, and what their first words may do."""
    rows = ["| file | programs | effects | runs the words after it |", "| --- | --- | --- | --- |"]
    for file, names in sorted(programs.items()):
        effects = sorted({effect for words in names.values() for effect in words.effects})
        runs = sorted(
            " ".join([name, *command.split("/")])
            for name, words in names.items()
            for command, inner in (("", words), *words.commands.items())
            if inner.before is not None
        )
        cells = (f"`{file}.py`", ", ".join(f"`{name}`" for name in names), ", ".join(effects), ", ".join(runs))
        rows.append("| " + " | ".join(cell.strip() for cell in cells) + " |")
    return "\n".join(rows)


def write(programs: dict[str, dict[str, Words]]) -> list[Path]:
    """Write the index and the page's table; returns what was not as it should be."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    tail = rest.partition(END)[2]
    texts = {INDEX: index_of(programs), PAGE: f"{head}{BEGIN}\n{rows_of(programs)}\n{END}{tail}"}
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    for path in changed:
        path.write_text(texts[path])
    return changed


def options_in(text: str) -> dict[str, str]:
    """Return the options that a help text lists → `valued`, `optional` or `flag`; all names of one have its kind."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        # npm puts each in brackets, `[-g|--global]`; a usage line of git or argparse is none of a list.
        for part in re.findall(r"\[(-[^]]+)\]", line) if line.startswith("[") else [line]:
            names, kind = _options_of(part)
            for name in names:
                if found.get(name, "flag") == "flag":
                    found[name] = kind
    return found


def _options_of(line: str) -> tuple[list[str], str]:
    place = len(line) - len(line.lstrip())
    names, kind = [], "flag"
    while (match := _SPELLED.match(line, place)) is not None:
        names.append(match["name"].replace("[no-]", ""))
        place = match.end()
        for what, pattern in (("optional", _OPTIONAL), ("valued", _VALUE)):
            if (value := pattern.match(line, place)) is not None and value.end() > place:
                kind, place = what if kind == "flag" else kind, value.end()
                break
        between = _BETWEEN.match(line, place)
        if between is None:
            break
        place = between.end()
    return names, kind


def lacking(words: Words, text: str) -> Iterator[str]:
    """Yield where a help text and the table differ: an option that takes a value for one of them only."""
    for name, kind in sorted(options_in(text).items()):
        known = "valued" if name in words.valued else "optional" if name in words.optional else "flag"
        # A long option whose value is only ever attached is read like one that takes none.
        if kind != known and not (name.startswith("--") and {kind, known} == {"optional", "flag"}):
            yield f"{name} is {kind} there, {known} in the table"


def asked(programs: dict[str, dict[str, Words]], given: dict[str, str]) -> Iterator[tuple[str, str, Words, list[str]]]:
    """Yield (name, path, words, arguments) of what is asked for its help on this machine."""
    for names in programs.values():
        for name, words in names.items():
            path = given.get(name) if given else shutil.which(name)
            if path is None:
                continue
            seen: list[Words] = []
            for inner in (words, *words.commands.values()):
                if inner.help and inner not in seen:
                    seen.append(inner)
                    yield name, path, inner, inner.help.split()


def ask(programs: dict[str, dict[str, Words]], given: dict[str, str]) -> int:
    """Print what the table lacks; returns how much."""
    count, texts = 0, 0
    for name, path, words, arguments in asked(programs, given):
        try:
            done = subprocess.run(
                [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_S,
                check=False, errors="replace",
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as problem:
            print(f"{name} {' '.join(arguments)}: not asked ({problem})")
            continue
        texts += 1
        for difference in lacking(words, done.stdout + done.stderr):
            count += 1
            print(f"{name} {' '.join(arguments)}: {difference}")
    everywhere = [name for names in programs.values() for name in names]
    there = [name for name in everywhere if shutil.which(name)]
    print(
        f"{texts} help texts read; {len(there)} of {len(everywhere)} programs are on this machine; {count} differences"
    )
    return count


def main(argv: list[str]) -> int:
    """Write or ask, as the options say."""
    parser = argparse.ArgumentParser(description="Keep conductor/programs true.")
    parser.add_argument("--ask", nargs="*", metavar="NAME=PATH")
    options = parser.parse_args(argv)
    programs = {file: load(file) for file in files()}
    if options.ask is not None:
        return int(ask(programs, dict(each.split("=", 1) for each in options.ask)) > 0)
    changed = write(programs)
    for path in changed:
        print(f"wrote {path.relative_to(ROOT)}")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
