#!/bin/sh
# Bring what `conductor rehearse --real` needs and this machine lacks, from Debian's packages. Says what it does.
#     sh scripts/real-parts.sh
# Exit 0: all is here. Exit 1: something is missing and can't be brought, by name on standard error.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing() {
    command -v sshd >/dev/null || printf ' openssh-server'
    command -v docker-registry >/dev/null || command -v registry >/dev/null || printf ' docker-registry'
    command -v dockerd >/dev/null && command -v docker >/dev/null || printf ' docker.io'
    command -v debootstrap >/dev/null || printf ' debootstrap'
}

packages=$(missing)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "real parts are missing, and only root on Debian can install them here:$packages" >&2
    exit 1
fi
echo "installing$packages; none of their services is started"
# What invoke-rc.d asks before a package starts its service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086 # one word each
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
packages=$(missing)
[ -z "$packages" ] || { echo "still missing:$packages" >&2; exit 1; }
