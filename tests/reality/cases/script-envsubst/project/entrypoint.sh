#!/bin/sh
set -e
if [ -n "$SETUP" ]; then
    echo "setting up"
fi
envsubst < /etc/os-release > /tmp/release
exec "$@"
