#!/usr/bin/env bash
set -Eeuo pipefail

rm -f /etc/nginx/sites-enabled/default
envsubst '${LISTEN}' < /etc/nginx/templates/default.conf.template > /etc/nginx/conf.d/default.conf
nginx -t
exec "$@"
