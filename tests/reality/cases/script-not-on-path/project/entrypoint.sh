#!/bin/sh
set -e
if [ -n "$SETUP" ]; then
    echo "setting up"
fi
mkdir -p /tmp/work && : > /tmp/work/started
exec "$@"
