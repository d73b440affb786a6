"""Programs that run the words after them: with other rights, another place, another clock, or watched.

Source: `--help` of util-linux 2.38, coreutils 9.1, strace 6.1, systemd 252, GNU time 1.9; the manual pages of the
others.
"""

from __future__ import annotations

from conductor.programs.words import Words

_PLAIN = Words(before=0)
_TIMEOUT = Words(valued="-k/--kill-after -s/--signal", before=1, help="--help")
_TIME = Words(valued="-f/--format", writes="-o/--output", before=0)
_STRACE = (
    "-e -E/--env -p/--attach -u/--user -I/--interruptible -P/--trace-path -a/--columns -s/--string-limit -b"
    " -X/--const-print-style -O -S/--summary-sort-by -U/--summary-columns --inject"
)

PROGRAMS = {
    "nohup setsid builtin unbuffer valgrind busybox toybox eatmydata dbus-run-session linux64 firejail rlwrap"
    " chronic ts with-contenv nvidia-smi-run tsp batch-run catchsegv cross-env !": _PLAIN,
    "entr": Words(before=0, how="each"),
    "command": Words(idle="-v -V", before=0),
    "exec": Words(valued="-a", before=0),
    "time gtime": _TIME,
    "nice": Words(valued="-n/--adjustment", before=0, help="--help"),
    "ionice": Words(valued="-c/--class -n/--classdata -p/--pid -P/--pgid -u/--uid", before=0, help="--help"),
    "stdbuf": Words(valued="-i/--input -o/--output -e/--error", before=0, help="--help"),
    "caffeinate": Words(valued="-t -w", before=0),
    "timeout gtimeout": _TIMEOUT,
    "env genv": Words(
        valued="-u/--unset -a/--argv0 -P",
        chdir="-C/--chdir",
        text="-S/--split-string",
        last="-S/--split-string",
        optional="--block-signal --default-signal --ignore-signal",
        before=0,
        help="--help",
    ),
    "sudo sudoedit doas pkexec": Words(
        valued="-u/--user -g/--group -h/--host -p/--prompt -C/--close-from -r/--role -t/--type -T/--command-timeout"
        " -U/--other-user -R/--chroot -a/--auth-type -c/--login-class",
        chdir="-D/--chdir",
        idle="-l/--list -v/--validate -V/--version --help -k/--reset-timestamp -K/--remove-timestamp",
        before=0,
    ),
    "su runuser sg": Words(
        valued="-u/--user -w/--whitelist-environment -g/--group -G/--supp-group -s/--shell",
        text="-c/--command/--session-command",
    ),
    "gosu su-exec": Words(before=1),
    "chrt": Words(valued="-T/--sched-runtime -P/--sched-period -D/--sched-deadline", before=1, help="--help"),
    "taskset": Words(before=1, help="--help"),
    "numactl": Words(
        valued="-N/--cpunodebind -m/--membind -C/--physcpubind -p/--preferred -w/--weighted-interleave", before=0
    ),
    "setarch": Words(before=0, help="--help"),
    "faketime": Words(valued="-p", before=1),
    "strace": Words(valued=_STRACE, writes="-o/--output", before=0),
    "ltrace": Words(valued="-e -p -s -u -l -n -a -A -F", writes="-o/--output", before=0),
    "dumb-init": Words(valued="-r/--rewrite", before=0),
    "tini": Words(valued="-p -e", before=0),
    "fakeroot": Words(valued="-l/--lib --faked -b/--fd-base -i", writes="-s", before=0),
    "torsocks": Words(valued="-u/--user -p/--pass -a/--address -P/--port", before=0),
    "proxychains proxychains4": Words(valued="-f", before=0),
    "xvfb-run": Words(
        valued="-n/--server-num -s/--server-args -e/--error-file -f/--auth-file -p/--xauth-protocol -w/--wait", before=0
    ),
    "systemd-inhibit": Words(valued="--what --who --why --mode", before=0, help="--help"),
    "systemd-run": Words(
        valued="-p/--property -u/--unit -E/--setenv -M/--machine -H/--host --description --slice --service-type --uid"
        " --gid --nice --path-property --socket-property --timer-property --on-active --on-boot --on-startup"
        " --on-unit-active --on-unit-inactive --on-calendar",
        chdir="--working-directory",
        before=0,
        help="--help",
    ),
    "cpulimit": Words(valued="-l/--limit -p/--pid -e/--exe", before=0),
    "prlimit": Words(valued="-p/--pid -o/--output", before=0, help="--help"),
    "choom": Words(valued="-n/--adjust -p/--pid", before=0, help="--help"),
    "proot": Words(
        valued="-r/--rootfs -b/--bind -q/--qemu -k/--kernel-release -i/--change-id",
        chdir="-w/--cwd",
        before=0,
        how="apart",
    ),
    "bwrap": Words(
        valued="--dev --proc --tmpfs --uid --gid --hostname --unsetenv --lock-file --perms --size --dir",
        chdir="--chdir",
        before=0,
        how="apart",
    ),
    "unshare": Words(
        valued="--map-user --map-group --map-users --map-groups -R/--root -S/--setuid -G/--setgid --propagation"
        " --setgroups --monotonic --boottime",
        chdir="-w/--wd",
        optional="-m/--mount -u/--uts -i/--ipc -n/--net -p/--pid -U/--user -C/--cgroup -T/--time --kill-child"
        " --mount-proc",
        before=0,
        how="apart",
        help="--help",
    ),
    "nsenter": Words(
        valued="-t/--target -S/--setuid -G/--setgid",
        optional="-m/--mount -u/--uts -i/--ipc -n/--net -p/--pid -C/--cgroup -U/--user -T/--time -r/--root -w/--wd",
        before=0,
        how="apart",
        help="--help",
    ),
    "setpriv": Words(
        valued="--ambient-caps --inh-caps --bounding-set --ruid --euid --rgid --egid --reuid --regid --groups"
        " --securebits --selinux-label --apparmor-profile --pdeathsig",
        before=0,
        help="--help",
    ),
    "sem": Words(valued="-j/--jobs --id", before=0),
    "chroot": Words(valued="--userspec --groups", before=1, how="apart", help="--help"),
    "sshpass": Words(valued="-p -P -d -f", before=0),
    "trickle": Words(valued="-d -u -w -t -l -n", before=0),
    "aws-vault": Words(before=2),
    "pueue": Words(before=1),
    "compute-sanitizer": Words(valued="--tool --log-file --launch-timeout --kernel-name", before=0),
    "nsys": Words(
        commands={
            "profile launch": Words(
                valued="-o/--output -t/--trace -s/--sample -d/--duration -y/--delay"
                " -w/--show-output -f/--force-overwrite",
                before=0,
            )
        }
    ),
    "direnv": Words(commands={"exec": Words(before=1)}),
    "chamber": Words(commands={"exec": Words(before=1)}),
    "doppler": Words(
        valued="-p/--project -c/--config -t/--token",
        inherits=True,
        commands={"run": Words(valued="--command --mount --fallback", before=0)},
    ),
    "op": Words(
        valued="--account --config --session", inherits=True, commands={"run": Words(valued="--env-file", before=0)}
    ),
    "infisical": Words(
        inherits=True,
        commands={"run": Words(valued="--env --projectId --path --token", text="-c/--command", before=0)},
    ),
    "dotenv": Words(valued="-e -f/--file", before=0, inherits=True, commands={"run": Words(before=0)}),
    "dotenvx": Words(commands={"run": Words(valued="-e/--env -f/--env-file", before=0)}),
    "perf": Words(
        commands={
            "record stat trace": Words(
                valued="-e/--event -F/--freq -c/--count -C/--cpu -I -o/--output -p/--pid"
                " -r/--repeat -t/--tid -d/--delay",
                before=0,
            )
        },
    ),
    "flock": Words(valued="-w/--wait/--timeout -E/--conflict-exit-code", text="-c/--command", before=1, help="--help"),
    "script": Words(
        valued="-E/--echo -m/--logging-format -o/--output-limit",
        text="-c/--command",
        writes="-I/--log-in -O/--log-out -B/--log-io -T/--log-timing",
        optional="-t/--timing",
        before=1,
        help="--help",
    ),
    "watch": Words(valued="-n/--interval -q/--equexit", optional="-d/--differences", before=0, how="joined"),
    "hyperfine": Words(
        valued="-w/--warmup -r/--runs -p/--prepare -n/--command-name -m/--min-runs -M/--max-runs -s/--setup"
        " -c/--cleanup -N/--shell -S/--style --export-json --export-csv --export-markdown",
        before=0,
        how="texts",
    ),
    "concurrently": Words(
        valued="-m/--max-processes -n/--names --name-separator -s/--success -p/--prefix -c/--prefix-colors"
        " -l/--prefix-length -t/--timestamp-format --kill-signal --restart-tries --restart-after --hide"
        " --default-input-target --teardown",
        before=0,
        how="texts",
    ),
    "retry": Words(valued="-t/--times -d/--delay -u/--until -w/--while -m/--message", before=0),
    "xargs gxargs": Words(
        valued="-I -L/--max-lines -n/--max-args -P/--max-procs -s/--max-chars -d/--delimiter -E"
        " --process-slot-var -J -R"
        " -a/--arg-file",
        optional="-i/--replace -e/--eof -l",
        before=0,
        how="each",
    ),
    "parallel": Words(
        valued="-j/--jobs -I -n/--max-args -N/--max-replace-args --joblog --colsep -S/--sshlogin --results --tmpdir"
        " --timeout --retries --delay --halt --tagstring --wd --workdir"
        " -a/--arg-file",
        before=0,
        how="each",
    ),
}
