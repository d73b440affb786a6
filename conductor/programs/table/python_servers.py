"""Servers and workers that load a Python program by its name: which of their options take a value.

Source: `--help` of uvicorn 0.38, gunicorn 23, hypercorn 0.17, celery 5.5, flask 3.1, fastapi-cli, streamlit.
"""

from __future__ import annotations

from conductor.programs.words import Words

_HELP = "-h/--help --version"

PROGRAMS = {
    "uvicorn": Words(
        valued="--host --port --uds --fd --reload-dir --reload-include --reload-exclude --reload-delay --workers --loop"
        " --http --ws --ws-max-size --ws-max-queue --ws-ping-interval --ws-ping-timeout --ws-per-message-deflate"
        " --lifespan --interface --env-file --log-config --log-level --forwarded-allow-ips --root-path"
        " --limit-concurrency --backlog --limit-max-requests --timeout-keep-alive --timeout-graceful-shutdown"
        " --timeout-worker-healthcheck --ssl-keyfile --ssl-certfile --ssl-keyfile-password --ssl-version"
        " --ssl-cert-reqs --ssl-ca-certs --ssl-ciphers --header --app-dir --h11-max-incomplete-event-size",
        idle="--help --version",
    ),
    "gunicorn": Words(
        valued="-c/--config -b/--bind --backlog -w/--workers -k/--worker-class --threads --worker-connections"
        " --max-requests --max-requests-jitter -t/--timeout --graceful-timeout --keep-alive --limit-request-line"
        " --limit-request-fields --limit-request-field_size --chdir -e/--env -p/--pid --worker-tmp-dir -u/--user"
        " -g/--group -m/--umask --forwarded-allow-ips --access-logfile --access-logformat --error-logfile/--log-file"
        " --log-level --logger-class --log-config --log-config-json --log-syslog-to --log-syslog-prefix"
        " --log-syslog-facility --statsd-host --dogstatsd-tags --statsd-prefix -n/--name --pythonpath"
        " --paste/--paster --proxy-allow-from --keyfile --certfile --ssl-version --cert-reqs --ca-certs --ciphers"
        " --reload-engine --reload-extra-file",
        idle="-h/--help -v/--version --check-config",
    ),
    "hypercorn": Words(
        valued="--access-log --access-logfile --access-logformat --backlog -b/--bind --ca-certs --certfile --cert-reqs"
        " --ciphers -c/--config --error-log --error-logfile/--log-file -g/--group -k/--worker-class --keep-alive"
        " --keyfile --keyfile-password --log-config --log-level --insecure-bind --quic-bind -p/--pid --read-timeout"
        " --root-path -s/--statsd-host --statsd-prefix -m/--umask -u/--user --verify-mode --websocket-ping-interval"
        " -w/--workers --graceful-timeout --max-requests --max-requests-jitter --server-name",
        idle=_HELP,
    ),
    "celery": Words(
        valued="-A/--app -b/--broker --result-backend --loader --config --workdir",
        inherits=True,
        idle="--help --version",
        commands={
            "worker": Words(
                valued="-n/--hostname -S/--statedb -l/--loglevel -O -c/--concurrency -P/--pool --max-tasks-per-child"
                " --max-memory-per-child --autoscale -Q/--queues -X/--exclude-queues -I/--include -f/--logfile"
                " --pidfile --uid --gid --umask --executable --soft-time-limit --time-limit --prefetch-multiplier",
            ),
            "beat": Words(
                valued="-s/--schedule -S/--scheduler --max-interval -l/--loglevel -f/--logfile --pidfile --uid --gid"
                " --umask --executable"
            ),
        },
    ),
    "flask": Words(
        valued="-e/--env-file -A/--app",
        idle="--help --version",
        commands={"run": Words(valued="-h/--host -p/--port --cert --key --extra-files --exclude-patterns")},
    ),
    "fastapi": Words(
        idle="--help --version",
        commands={
            "run dev": Words(
                valued="--host --port --reload-dir --root-path --workers --app -e/--entrypoint --forwarded-allow-ips"
            )
        },
    ),
    "streamlit": Words(idle="--help --version", clusters=False),
}
