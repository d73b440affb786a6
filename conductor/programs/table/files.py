"""Programs that change, copy, pack, search or filter files.

Source: `--help` of coreutils 9.1, tar 1.34, sed 4.8, grep 3.8, patch 2.7; the manual pages of the others.
"""

from __future__ import annotations

from conductor.programs.words import CHECKS, Words

_COPY = Words(
    valued="-S/--suffix -t/--target-directory --no-preserve --sparse",
    optional="--backup --preserve --reflink --context --update",
    help="--help",
)
_EDITOR = Words(valued="-u -T -S", code="-c --cmd")
_OWN = Words(valued="--reference --from")

PROGRAMS = {
    "rm grm srm unlink": Words(optional="--interactive --preserve-root"),
    "shred": Words(valued="-n/--iterations --random-source -s/--size", optional="--remove", help="--help"),
    "trash trash-put rmtrash": Words(),
    "truncate": Words(valued="-s/--size -r/--reference", help="--help"),
    "touch": Words(valued="-d/--date -t --time -r/--reference", help="--help"),
    "cp gcp": _COPY,
    "mv gmv": Words(valued="-S/--suffix -t/--target-directory", optional="--backup --update", help="--help"),
    "install": Words(
        valued="-S/--suffix -t/--target-directory -m/--mode -o/--owner -g/--group --strip-program",
        optional="--backup --context",
        help="--help",
    ),
    "ln link": Words(valued="-S/--suffix -t/--target-directory", optional="--backup"),
    "mkdir": Words(valued="-m/--mode", optional="--context", help="--help"),
    "rsync scp": Words(
        valued="-e/--rsh --exclude --include -f/--filter --bwlimit --timeout --port --chmod --chown --suffix"
        " --rsync-path"
        " --files-from --exclude-from --include-from --password-file",
        writes="--log-file --backup-dir --partial-dir --temp-dir",
    ),
    "tee sponge": Words(optional="--output-error"),
    "sort": Words(
        valued="-k/--key -t/--field-separator -S/--buffer-size --batch-size --compress-program --parallel --sort"
        " --files0-from --random-source -T/--temporary-directory",
        writes="-o/--output",
        optional="-C -c/--check",
    ),
    "pandoc": Words(valued="-f/--from/-r/--read -t/--to/-w/--write -M/--metadata -V/--variable", writes="-o/--output"),
    "sed gsed": Words(valued="-e/--expression -l/--line-length -f/--file", optional="-i/--in-place", help="--help"),
    "awk gawk mawk nawk": Words(
        valued="-F/--field-separator -v/--assign -i/--include -e/--source -l/--load -f/--file",
        language="awk",
    ),
    "ed red nano pico micro joe": _EDITOR,
    "vi vim nvim ex": Words(valued="-u -T -S", code="-c --cmd", language="vim"),
    "emacs": Words(valued="-q", code="--eval/--execute", language="lisp"),
    "prettier": Words(valued="-c/--config -p -B", effects={CHECKS: ""}),
    "yq mdformat dos2unix unix2dos codespell markdownlint markdownlint-cli2": Words(valued="-c/--config -p -B"),
    "sd": Words(valued="-n/--max-replacements -f/--flags"),
    "patch": Words(
        valued="-p/--strip -F/--fuzz -D/--ifdef --quoting-style -V/--version-control -B/--prefix -Y/--basename-prefix"
        " -z/--suffix -g/--get --reject-format --read-only"
        " -i/--input",
        writes="-o/--output -r/--reject-file",
        chdir="-d/--directory",
        help="--help",
    ),
    "gzip bzip2 xz lzma gunzip zcat": Words(valued="-S/--suffix -T/--threads"),
    "chown chgrp": _OWN,
    "chmod": Words(valued="--reference", help="--help"),
    "setfacl": Words(valued="-m/--modify -x/--remove -M/--modify-file -X/--remove-file --set --set-file"),
    "rename prename": Words(valued="-e/--expr"),
    "tar gtar bsdtar": Words(
        valued="--hole-detection --level --sparse-version --add-file --exclude --exclude-ignore"
        " --exclude-ignore-recursive --exclude-tag --exclude-tag-all --exclude-tag-under --to-command --group --mode"
        " --mtime --owner --sort --xattrs-exclude --xattrs-include -F/--info-script/--new-volume-script"
        " -L/--tape-length --rmt-command --rsh-command -b/--blocking-factor --record-size -H/--format --pax-option"
        " -V/--label -I/--use-compress-program -K/--starting-file --newer-mtime -N/--newer/--after-date --suffix"
        " --strip-components --transform/--xform --checkpoint-action --no-quote-chars --quote-chars --quoting-style"
        " --warning"
        " -f/--file -T/--files-from -X/--exclude-from --group-map --owner-map --volno-file",
        chdir="-C/--directory",
        writes="-g/--listed-incremental --index-file",
        optional="--occurrence --one-top-level --atime-preserve --backup --checkpoint --totals",
        help="--help",
    ),
    "unzip": Words(valued="-x -P", chdir="-d"),
    "cpio": Words(valued="-H/--format -I -M/--message -R/--owner -F/--file", chdir="-D/--directory"),
    "wheel": Words(writes="-d/--dest/--dest-dir -w/--wheel-dir"),
    "7z 7za 7zz": Words(clusters=False),
    "grep egrep fgrep rg": Words(
        valued="-e/--regexp -m/--max-count --label --binary-files -d/--directories -D/--devices --include --exclude"
        " --exclude-dir -B/--before-context -A/--after-context -C/--context --group-separator"
        " -f/--file --exclude-from",
        optional="--color --colour",
    ),
    "fd fdfind": Words(
        valued="-e/--extension -t/--type -d/--max-depth -E/--exclude -c/--color -S/--size -o/--owner --changed-within"
        " --changed-before -j/--threads --min-depth --exact-depth"
    ),
    "base64 gbase64": Words(valued="-w/--wrap -i/--input"),
    "mke2fs newfs": Words(valued="-t -L -U"),
}
