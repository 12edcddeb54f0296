#!/usr/bin/env bash
# npm test: builds, checks the house, runs every test. Arguments go to jest: npm test -- packages/sip
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n── %s\n' "$*"; }

step "peers and servers for the tests"
bash scripts/install-peers.sh

step "build"
npm run --silent build

if [ $# -eq 0 ]; then
  step "format, types of the tests, lint, layers, unused code, documents"
  npm run --silent check
fi

step "tests"
export NODE_OPTIONS="${NODE_OPTIONS:-} --experimental-vm-modules --no-warnings"
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
exec npx jest --maxWorkers=2 "$@"
