#!/usr/bin/env bash
# Installs from Debian the servers that the tests need and the programs that they talk to, where they are missing.
# Starts none of them. Use: scripts/install-peers.sh [--list]
set -euo pipefail

# command or file that proves the package : package
needed=(
  nats-server:nats-server
  redis-server:redis-server
  sipp:sip-tester
  linphonec:linphone-cli
  /usr/include/linphone/core.h:liblinphone-dev
  baresip:baresip-core
  kamailio:kamailio
  /usr/lib/x86_64-linux-gnu/kamailio/modules/db_postgres.so:kamailio-postgres-modules
  /usr/lib/x86_64-linux-gnu/kamailio/modules/tls.so:kamailio-tls-modules
  /usr/bin/chromium:chromium
  tshark:tshark
  cc:gcc
)

missing=()
for entry in "${needed[@]}"; do
  proof=${entry%%:*} package=${entry##*:}
  [ -e "$proof" ] || command -v "$proof" >/dev/null 2>&1 || missing+=("$package")
done

if [ "${1:-}" = --list ]; then printf '%s\n' "${missing[@]:-}"; exit 0; fi
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests talk to programs that are not installed here. Type this, then run the tests again:" >&2
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

echo "Installing from Debian: ${missing[*]} (a minute or two)"
# Debian starts a service when its package is installed, unless this says no; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 || {
  tail -20 "$log" >&2
  exit 1
}
