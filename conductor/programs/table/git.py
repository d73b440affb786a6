"""git and hub: global options, subcommands and their own.

Source: `git COMMAND -h` of git 2.39.5; `-U` and `--inter-hunk-context` of checkout, restore, reset: git 2.51's notes.
"""

from __future__ import annotations

from conductor.programs.words import COMMITS, PUSHES, Words

_MERGES = "--cleanup -s/--strategy -X/--strategy-option"
_SIGNS = "-S/--gpg-sign"
_MESSAGE = "-m/--message -F/--file --cleanup"
_REFS = "--contains --no-contains --merged --no-merged --sort --points-at --format"
_FETCHES = (
    "--upload-pack --depth --shallow-since --shallow-exclude --deepen --refmap -o/--server-option"
    " --negotiation-tip --filter"
)
_PATCHES = "-U/--unified --inter-hunk-context --pathspec-from-file"

PROGRAMS = {
    "git hub": Words(
        valued="-c --namespace --super-prefix --config-env --attr-source --git-dir --work-tree",
        chdir="-C",
        commands={
            "commit": Words(
                valued="--author --date -m/--message -c/--reedit-message -C/--reuse-message --squash --fixup --trailer"
                " --cleanup"
                " -F/--file -t/--template --pathspec-from-file",
                optional="-S/--gpg-sign -u/--untracked-files",
                dry="--dry-run --short --porcelain --long",
                help="commit -h",
            ),
            "push send-pack": Words(
                valued="--repo --recurse-submodules --receive-pack --exec -o/--push-option",
                optional="--force-with-lease --signed",
                dry="-n/--dry-run",
                help="push -h",
            ),
            "pull": Words(
                valued=f"{_MERGES} {_FETCHES}",
                optional=f"{_SIGNS} --recurse-submodules --log -j/--jobs -r/--rebase",
                help="pull -h",
            ),
            "fetch": Words(valued=f"{_FETCHES} -j/--jobs", optional="--recurse-submodules", help="fetch -h"),
            "ls-remote": Words(valued="--upload-pack --exec -o/--server-option --sort"),
            "merge": Words(
                valued=f"{_MERGES} -m/--message --into-name -F/--file",
                optional=f"{_SIGNS} --log",
                dry="--abort --quit --ff-only",
                help="merge -h",
            ),
            "rebase": Words(
                valued="--onto -C --whitespace --empty -x/--exec -s/--strategy -X/--strategy-option",
                optional=f"{_SIGNS} -r/--rebase-merges",
                dry="--abort --quit --edit-todo --show-current-patch",
                help="rebase -h",
            ),
            "cherry-pick": Words(
                valued="--cleanup -m/--mainline --strategy -X/--strategy-option --empty",
                optional=_SIGNS,
                dry="--abort --quit",
                help="cherry-pick -h",
            ),
            "revert": Words(
                valued="--cleanup -m/--mainline --strategy -X/--strategy-option",
                optional=_SIGNS,
                dry="--abort --quit",
                help="revert -h",
            ),
            "am": Words(
                valued="--quoted-cr --whitespace --directory --exclude --include -C -p --patch-format --empty",
                optional=_SIGNS,
                dry="--abort --quit --show-current-patch",
                help="am -h",
            ),
            "apply": Words(
                valued="--exclude --include -p --build-fake-ancestor -C --whitespace --directory", help="apply -h"
            ),
            "remote": Words(valued="-t -m"),
            "config": Words(valued="-f/--file --blob -t/--type --default --comment --value", help="config -h"),
            "checkout": Words(
                valued=f"-b -B --conflict --orphan {_PATCHES}",
                optional="--recurse-submodules -t/--track",
                help="checkout -h",
            ),
            "switch": Words(
                valued="-c/--create -C/--force-create --conflict --orphan",
                optional="--recurse-submodules -t/--track",
                help="switch -h",
            ),
            "restore": Words(
                valued=f"-s/--source --conflict {_PATCHES}", optional="--recurse-submodules", help="restore -h"
            ),
            "reset": Words(valued=_PATCHES, optional="--recurse-submodules", help="reset -h"),
            "stash": Words(valued=f"-m/--message {_PATCHES}"),
            "clean": Words(valued="-e/--exclude", dry="-n/--dry-run", help="clean -h"),
            "clone": Words(
                valued="-j/--jobs --template --reference --reference-if-able -o/--origin -b/--branch -u/--upload-pack"
                " --depth --shallow-since --shallow-exclude --separate-git-dir -c/--config --server-option --filter"
                " --bundle-uri --revision --ref-format",
                optional="--recurse-submodules --recursive",
                help="clone -h",
            ),
            "reflog": Words(valued="--expire --expire-unreachable", dry="-n/--dry-run"),
            "branch": Words(
                valued=f"-u/--set-upstream-to {_REFS}",
                optional="--color --abbrev --column -t/--track",
                help="branch -h",
            ),
            "tag": Words(
                valued=f"{_MESSAGE} -u/--local-user --trailer {_REFS}", optional="-n --column --color", help="tag -h"
            ),
            "update-ref": Words(valued="-m", help="update-ref -h"),
            "add rm": Words(valued="--chmod --pathspec-from-file", dry="-n/--dry-run", help="rm -h"),
            "mv": Words(dry="-n/--dry-run", help="mv -h"),
            "worktree": Words(valued="-b -B --reason --expire"),
            "read-tree": Words(
                valued="--prefix --exclude-per-directory",
                optional="--recurse-submodules",
                writes="--index-output",
                help="read-tree -h",
            ),
            "checkout-index": Words(valued="--prefix --stage", help="checkout-index -h"),
            "commit-tree": Words(valued="-p -m -F", optional=_SIGNS, help="commit-tree -h"),
            "status": Words(
                optional="--porcelain -u/--untracked-files --ignored --ignore-submodules --column -M/--find-renames",
                help="status -h",
            ),
            "log show": Words(valued="--decorate-refs --decorate-refs-exclude -L", help="log -h"),
            "archive": Words(
                valued="--format --prefix --add-file --add-virtual-file --remote --exec",
                writes="-o/--output",
                help="archive -h",
            ),
            "blame": Words(
                valued="--ignore-rev --ignore-revs-file -S --contents -L", optional="-C -M --abbrev", help="blame -h"
            ),
            "grep": Words(
                valued="--max-depth -C/--context -B/--before-context -A/--after-context --threads -f -e -m/--max-count",
                optional="--color -O/--open-files-in-pager",
                help="grep -h",
            ),
            "notes": Words(valued="--ref -m -F -c -C"),
            "subtree": Words(valued="-P/--prefix -m/--message -b/--branch --onto --annotate"),
            "svn": Words(valued="-r/--revision -i/--id -A/--authors-file -m", dry="-n/--dry-run"),
            "p4": Words(valued="--branch --git-dir -M --origin --commit --shelve", dry="-n/--dry-run"),
            "lfs": Words(dry="-d/--dry-run"),
        },
        effects={
            COMMITS: "commit merge cherry-pick revert am rebase commit-tree update-ref fast-import replace octopus"
            " quick-commit subtree/add subtree/merge subtree/pull notes/merge",
            PUSHES: "push send-pack http-push subtree/push lfs/push svn/dcommit svn/commit-diff svn/set-tree p4/submit",
        },
    ),
    "jj": Words(valued="-R/--repository --at-op/--at-operation --config --config-file -m/--message --color"),
}
