#!/bin/sh
# Make a virtual environment, or say what keeps it from being made: make-venv.sh FOLDER [PYTHON]
# Without PYTHON the first usable one on PATH is taken. A folder that is there is looked at and never removed.
set -eu

folder=$1
asked=${2:-}
oldest="3.11"

fail() {
    printf '%s\n' "$@" >&2
    exit 2
}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

is_old() {
    ! "$1" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$oldest'.split('.'))))" 2>/dev/null
}

# What keeps this Python from making an environment, in a line; nothing where it can. Debian and Ubuntu ship ensurepip
# in a package of its own, and without it `python -m venv` leaves an environment that has no pip.
problem_of() {
    command -v "$1" >/dev/null 2>&1 || { echo "not found"; return; }
    version=$(version_of "$1") || { echo "does not start"; return; }
    if is_old "$1"; then
        echo "$version, older than $oldest"
    elif ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ -e /etc/debian_version ]; then
            echo "$version without ensurepip: apt install python$version-venv"
        else
            echo "$version without venv and ensurepip: install the package of your system that holds them"
        fi
    fi
}

look_at_folder() {
    again="make clean removes it; then run make again."
    python=$folder/bin/python
    made=$(version_of "$python") || fail "$folder was made by a Python that is gone or does not start. $again"
    is_old "$python" && fail "$folder was made by Python $made, older than $oldest. $again"
    "$python" -I -c 'import importlib.util as u, sys; sys.exit(u.find_spec("pip") is None)' ||
        fail "$folder has no pip. $again"
    # Programs of an environment name its folder; in a moved or copied one they would run another place's code.
    [ ! -f "$folder/bin/pip" ] || head -n 2 "$folder/bin/pip" | grep -qF "$(cd "$folder/bin" && pwd -P)/" ||
        fail "$folder was made in another place, for another copy of these files. $again"
    [ -n "$asked" ] || return 0
    wanted=$(version_of "$asked") || fail "$asked does not start." "Name another one: make PYTHON=/path/to/python3.12"
    [ "$wanted" = "$made" ] || fail "$folder was made by Python $made, and $asked is $wanted. $again"
}

choose() {
    if [ -n "$asked" ]; then
        problem=$(problem_of "$asked")
        [ -z "$problem" ] || fail "$asked can't be used: $problem." "Name another one: make PYTHON=/path/to/python3.12"
        echo "$asked"
        return
    fi
    seen=""
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        problem=$(problem_of "$name")
        [ -n "$problem" ] || { echo "$name"; return; }
        [ "$problem" = "not found" ] || seen="$seen
  $(command -v "$name"): $problem"
    done
    fail "Python $oldest or newer with venv is needed, and none was found on PATH.$seen" \
        "Install one, or name it: make PYTHON=/path/to/python3.12"
}

if [ -e "$folder/bin/python" ] || [ -L "$folder/bin/python" ]; then
    look_at_folder
elif [ -e "$folder" ]; then
    fail "$folder is there and is no virtual environment. make clean removes it; then run make again."
else
    python=$(choose)
    # Whatever ends this early leaves nothing half made behind.
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM HUP
    "$python" -m venv "$folder" || fail "$python -m venv $folder failed."
    trap - EXIT
fi
