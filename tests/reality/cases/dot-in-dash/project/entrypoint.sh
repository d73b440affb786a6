#!/bin/sh
for f in /run/secrets/*; do
    [ -f "$f" ] || continue
    export "$(basename "$f" | tr a-z A-Z)"="$(cat "$f")"
done
if [ "$DEBUG" == "1" ]; then
    set -x
fi
. /app.env 2>/dev/null || :
exec "$@"
