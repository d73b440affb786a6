"""Ways to run a command without showing it, and ways to mention one without running it."""

import base64


def single(text):
    return "'" + text.replace("'", "'\\''") + "'"


def double(text):
    return '"' + "".join("\\" + c if c in '"\\$`' else c for c in text) + '"'


def split_name(command):
    """`pip install` → `p''ip install`."""
    name, space, rest = command.partition(" ")
    return f"{name[0]}''{name[1:]}{space}{rest}"


def escaped(command):
    return "\\" + command


def ansi(command):
    name, space, rest = command.partition(" ")
    return "$'" + "".join(f"\\x{ord(c):02x}" for c in name) + "'" + space + rest


def in_variable(command):
    name, space, rest = command.partition(" ")
    return f"A={name[:2]}; B={name[2:]}; $A${{B}}{space}{rest}"


def in_array(command):
    return f"C=({command}); ${{C[@]}}"


def in_braces(command):
    return "{" + ",".join(command.split()) + "}"


def with_ifs(command):
    return command.replace(" ", "${IFS}")


def encoded(command):
    return base64.b64encode(command.encode()).decode()


def python_list(command):
    return "[" + ", ".join(repr(word) for word in command.split()) + "]"


# Every template here runs the command {c}; {q} is it single-quoted, {d} double-quoted.
RUNS = {
    "plain": lambda c: c,
    "split name": split_name,
    "escaped": escaped,
    "ansi": ansi,
    "variable": in_variable,
    "array": in_array,
    "braces": in_braces,
    "ifs": with_ifs,
    "default": lambda c: "${NOPE:-" + c.split()[0] + "} " + c.partition(" ")[2],
    "whole variable": lambda c: f"X={single(c)}; $X",
    "exported": lambda c: f"export X={single(c)}; eval $X",
    "eval": lambda c: f"eval {single(c)}",
    "eval words": lambda c: f"eval {c}",
    "bash -c": lambda c: f"bash -c {single(c)}",
    "sh -ec": lambda c: f"sh -ec {double(c)}",
    "bash -lc": lambda c: f"/bin/bash -lc {single(c)}",
    "zsh": lambda c: f"zsh -c {single(c)}",
    "nested": lambda c: f"bash -c {single('sh -c ' + single(c))}",
    "SHELL": lambda c: f"$SHELL -c {single(c)}",
    "arguments": lambda c: f"sh -c '\"$@\"' _ {c}",
    "echo pipe": lambda c: f"echo {single(c)} | sh",
    "echo -e pipe": lambda c: f"echo -e {single(c)} | bash -s",
    "printf pipe": lambda c: f"printf '%s\\n' {single(c)} | bash",
    "printf words": lambda c: f"printf '%s ' {c} | bash",
    "base64": lambda c: f"echo {encoded(c)} | base64 -d | sh",
    "base64 long": lambda c: f"base64 --decode <<< {encoded(c)} | bash",
    "base64 subst": lambda c: f'eval "$(echo {encoded(c)} | base64 -d)"',
    "openssl": lambda c: f"echo {encoded(c)} | openssl base64 -d | sh",
    "xxd": lambda c: f"echo {c.encode().hex()} | xxd -r -p | sh",
    "rev": lambda c: f"echo {single(c[::-1])} | rev | sh",
    "heredoc": lambda c: f"bash <<'EOF'\n{c}\nEOF",
    "heredoc expanding": lambda c: f"sh -s <<EOF\n{c}\nEOF",
    "heredoc tabs": lambda c: f"sh <<-'EOF'\n\t{c}\n\tEOF",
    "cat heredoc": lambda c: f"cat <<'EOF' | bash\n{c}\nEOF",
    "herestring": lambda c: f"bash <<< {single(c)}",
    "process substitution": lambda c: f"bash <(echo {single(c)})",
    "source substitution": lambda c: f"source <(printf '%s' {single(c)})",
    "source stdin": lambda c: f"source /dev/stdin <<< {single(c)}",
    "substitution": lambda c: f"echo $({c})",
    "backquotes": lambda c: f"X=`{c}`",
    "in default": lambda c: "echo ${X:-$(" + c + ")}",
    "in arithmetic": lambda c: f"echo $(( $({c} | wc -l) + 1 ))",
    "in a heredoc": lambda c: f"cat <<EOF\n$({c})\nEOF",
    "in a test": lambda c: f'[[ -n "$({c})" ]]',
    "in a redirection": lambda c: f"cat < <({c})",
    "output substitution": lambda c: f"date > >({c})",
    "and": lambda c: f"true && {c}",
    "false and": lambda c: f"false && {c}",
    "or": lambda c: f"true || {c}",
    "semicolon": lambda c: f"ls; {c}; ls",
    "background": lambda c: f"{c} & wait",
    "newline": lambda c: f"ls\n{c}\n",
    "continued line": lambda c: c.replace(" ", " \\\n", 1),
    "subshell": lambda c: f"( {c} )",
    "group": lambda c: "{ " + c + "; }",
    "negated": lambda c: f"! {c}",
    "if": lambda c: f"if true; then {c}; fi",
    "condition": lambda c: f"if {c}; then :; fi",
    "else": lambda c: f"if true; then :; else {c}; fi",
    "while": lambda c: f"while {c}; do :; done",
    "for": lambda c: f"for i in 1 2; do {c}; done",
    "for words": lambda c: f"for i in {c.split()[0]}; do $i {c.partition(' ')[2]}; done",
    "case": lambda c: f"case x in *) {c};; esac",
    "function": lambda c: "f() { " + c + "; }; f",
    "function arguments": lambda c: f'f() {{ "$@"; }}; f {c}',
    "alias": lambda c: f"alias z={single(c)}; z",
    "alias name": lambda c: f"alias z={c.split()[0]}\nz {c.partition(' ')[2]}",
    "trap": lambda c: f"trap {single(c)} EXIT",
    "coproc": lambda c: f"coproc {c}",
    "time": lambda c: f"time -p {c}",
    "command": lambda c: f"command {c}",
    "command -p": lambda c: f"command -p {c}",
    "exec": lambda c: f"exec {c}",
    "nohup": lambda c: f"nohup {c} > /tmp/log 2>&1 &",
    "timeout": lambda c: f"timeout -k 5 10m {c}",
    "nice": lambda c: f"nice -n 5 {c}",
    "nice number": lambda c: f"nice -5 {c}",
    "ionice": lambda c: f"ionice -c 3 {c}",
    "setsid": lambda c: f"setsid -w {c}",
    "stdbuf": lambda c: f"stdbuf -oL {c}",
    "env": lambda c: f"env A=1 B=2 {c}",
    "env -u": lambda c: f"env -u A {c}",
    "env -S": lambda c: f"env -S {single(c)}",
    "env bash": lambda c: f"/usr/bin/env bash -c {single(c)}",
    "prefix": lambda c: f"A=1 {c}",
    "sudo": lambda c: f"sudo -E {c}",
    "sudo sh": lambda c: f"sudo sh -c {single(c)}",
    "doas": lambda c: f"doas {c}",
    "su": lambda c: f"su - dev -c {single(c)}",
    "sg": lambda c: f"sg docker -c {single(c)}",
    "script": lambda c: f"script -qc {single(c)} /dev/null",
    "flock": lambda c: f"flock /tmp/l {c}",
    "flock -c": lambda c: f"flock /tmp/l -c {single(c)}",
    "watch": lambda c: f"watch -n 5 {single(c)}",
    "strace": lambda c: f"strace -f -o /tmp/s {c}",
    "busybox": lambda c: f"busybox sh -c {single(c)}",
    "systemd-run": lambda c: f"systemd-run --user --scope {c}",
    "chronic": lambda c: f"chronic {c}",
    "xargs": lambda c: f"echo {c.partition(' ')[2]} | xargs {c.split()[0]}",
    "xargs sh": lambda c: f"echo {single(c)} | xargs -I% sh -c '%'",
    "xargs words": lambda c: f"echo x | xargs -n1 {c}",
    "find": lambda c: f"find . -maxdepth 0 -exec {c} \\;",
    "parallel": lambda c: f"parallel ::: {single(c)}",
    "parallel words": lambda c: f"parallel {c} ::: x",
    "python": lambda c: f"python3 -c {single('import os; os.system(' + repr(c) + ')')}",
    "python list": lambda c: f"python3 -c {single('import subprocess as s; s.run(' + python_list(c) + ')')}",
    "python heredoc": lambda c: f"python3 - <<'EOF'\nimport subprocess\nsubprocess.check_call({c!r}, shell=True)\nEOF",
    "python split": lambda c: f"python3 -c {single('import subprocess; subprocess.run(' + repr(c) + '.split())')}",
    "python getattr": lambda c: (
        f"python3 -c {single('getattr(__import__(' + repr('os') + '), ' + repr('system') + ')(' + repr(c) + ')')}"
    ),
    "perl": lambda c: f"perl -e {single('system(' + repr(c) + ')')}",
    "perl qx": lambda c: "perl -e 'print qx{" + c + "}'",
    "ruby": lambda c: f"ruby -e {single('system(' + repr(c) + ')')}",
    "ruby backquotes": lambda c: f"ruby -e 'puts `{c}`'",
    "node": lambda c: f"node -e {single('require(' + repr('child_process') + ').execSync(' + repr(c) + ')')}",
    "node spawn": lambda c: (
        f"node -e {single('require(' + repr('child_process') + ').spawnSync(' + repr(c.split()[0]) + ',' + python_list(c.partition(' ')[2]) + ')')}"
    ),
    "php": lambda c: f"php -r {single('system(' + repr(c) + ');')}",
    "awk": lambda c: "awk 'BEGIN{system(\"" + c + "\")}'",
    "vim": lambda c: f"vim -c {single('!' + c)} -c q",
    "written script": lambda c: f"echo {single(c)} > /tmp/s.sh; bash /tmp/s.sh",
    "written heredoc": lambda c: f"cat > run.sh <<'EOF'\n#!/bin/sh\n{c}\nEOF\nchmod +x run.sh && ./run.sh",
    "written tee": lambda c: f"echo {single(c)} | tee /tmp/s.sh; . /tmp/s.sh",
    "at": lambda c: f"echo {single(c)} | at now",
    "crontab": lambda c: f"echo {single('* * * * * ' + c)} | crontab -",
    "tmux": lambda c: f"tmux new-session -d {single(c)}",
    "tmux send": lambda c: f"tmux send-keys -t 0 {single(c)} Enter",
    "screen": lambda c: f"screen -dm {c}",
    "git alias": lambda c: f"git -c alias.z={single('!' + c)} z",
    "rebase exec": lambda c: f"git submodule foreach {single(c)}",
    "bisect": lambda c: f"git bisect run {c}",
    "uv run bash": lambda c: f"uv run bash -c {single('deactivate; ' + c)}",
    "npm exec": lambda c: f"npm exec -c {single(c)}",
    "nix-shell": lambda c: f"nix-shell -p hello --run {single(c)}",
    "pager": lambda c: f"GIT_PAGER={single(c)} git log",
    "read": lambda c: f"read -r x <<< {single(c)}; $x",
    "while read": lambda c: f"echo {single(c)} | while read -r x; do $x; done",
    "if variable": lambda c: f"if [ -f y ]; then X={single(c)}; else X=true; fi; $X",
    "printf -v": lambda c: f"printf -v X '%s' {single(c)}; eval \"$X\"",
    "positional": lambda c: f'set -- {c}; "$@"',
    "select by case": lambda c: f'case $1 in a) X=ls;; *) X={single(c)};; esac; eval "$X"',
}

# Every template here only mentions the command.
MENTIONS = {
    "echo": lambda c: f"echo {single(c)}",
    "echo words": lambda c: f"echo {c}",
    "printf": lambda c: f"printf '%s\\n' {double(c)}",
    "grep": lambda c: f"grep -rn {single(c)} docs",
    "rg": lambda c: f"rg {double(c)} .",
    "comment": lambda c: f"ls # {c}",
    "comment line": lambda c: f"# {c}\nls",
    "heredoc to a file": lambda c: f"cat > notes.md <<'EOF'\nRun `{c}` first.\n{c}\nEOF",
    "heredoc appended": lambda c: f"cat >> JOURNAL.md <<'EOF'\n- did not {c}\nEOF",
    "heredoc to a reader": lambda c: f"wc -l <<'EOF'\n{c}\nEOF",
    "herestring": lambda c: f"grep x <<< {single(c)}",
    "git log": lambda c: f"git log --grep={single(c)}",
    "tag message": lambda c: f"git tag -a v1 -m {single(c)}",
    "stash message": lambda c: f"git stash push -m {single(c)}",
    "issue": lambda c: f"gh issue create --title bug --body {single(c)}",
    "uncalled function": lambda c: "f() { " + c + "; }; echo f",
    "variable only": lambda c: f'X={single(c)}; echo "$X"',
    "python string": lambda c: f"python3 -c {single('print(' + repr(c) + ')')}",
    "node string": lambda c: f"node -e {single('console.log(' + repr(c) + ')')}",
    "sed pattern": lambda c: f"sed -n {single('/' + c.replace('/', '.') + '/p')} README.md",
    "awk string": lambda c: "awk '{print \"" + c + "\"}' README.md",
    "case pattern": lambda c: f'case "$x" in {single(c)}) echo no;; esac',
    "test": lambda c: f'[ "$x" = {single(c)} ] && echo same',
    "test bracket": lambda c: f"[[ $x == {single(c)} ]]",
    "filename": lambda c: f"cat {single('docs/' + c.replace('/', '-') + '.md')}",
    "history search": lambda c: f"history | grep {single(c)}",
    "jq": lambda c: f"jq -n --arg x {single(c)} '{{x: $x}}'",
    "man": lambda c: f"man {c.split()[0]}",
    "which": lambda c: f"which {c.split()[0]}",
    "command -v": lambda c: f"command -v {c.split()[0]} || echo missing",
    "explain": lambda c: f"conductor guard explain {single(c)}",
    "pytest": lambda c: f"pytest -k {single(c)}",
    "task": lambda c: f"conductor task note TASK-1 {single('never ' + c)}",
    "cut": lambda c: f"echo {single(c)} | wc -c",
    "cat pipe": lambda c: f"echo {single(c)} | cat | grep x",
    "to a program's input": lambda c: f"printf %s {single(c)} | python3 script.py",
    "array unused": lambda c: f"A=({c}); echo ${{#A[@]}}",
}

FORBIDDEN = {
    "host_pip": "pip install einops",
    "os_package": "apt-get install jq",
    "container_build": "docker build .",
    "commit_push": "git push origin main",
    "https_remote": "git remote set-url origin https://example.com/a.git",
    "history": "rm JOURNAL.md",
    "file_variant": "cp app.py app_v2.py",
    "release_bypass": "gh workflow run build.yml",
    "guard_tamper": "conductor grant push",
    "work_loss": "rm -rf ../other",
}
