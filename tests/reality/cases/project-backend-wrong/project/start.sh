#!/bin/sh
set -e
echo "starting"
cat > /tmp/made.ini <<EOF
[main]
name = ${NAME:-demo}
EOF
grep -q main /tmp/made.ini
exec python -m app
