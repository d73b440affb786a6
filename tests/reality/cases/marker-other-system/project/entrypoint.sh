#!/bin/sh
set -e
if [ -n "$SETUP" ]; then
    echo "setting up"
fi
if [ -n "${WAIT_FOR:-}" ]; then
    until nc -z "$WAIT_FOR" 5432; do sleep 1; done
fi
exec "$@"
