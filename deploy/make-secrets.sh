#!/bin/sh
# Makes the secrets of docker-compose.yml, once: deploy/secrets/*, readable by you alone.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"; }

keep postgres_password "$(random)"
keep nats_token "$(random)"
keep redis_password "$(random)"
keep admin_api_key "$(random)"
keep deferred_key "$(random)"
keep log_address_key "$(random)"

postgres_password=$(cat secrets/postgres_password)
nats_token=$(cat secrets/nats_token)
redis_password=$(cat secrets/redis_password)
keep database_url "postgres://heliograph:$postgres_password@postgres:5432/heliograph"
keep nats_url "nats://$nats_token@nats:4222"
keep nats_auth "authorization { token: \"$nats_token\" }"
keep redis_url "redis://:$redis_password@redis:6379"
keep redis_conf "requirepass $redis_password"

# The containers run under accounts of their own: the folder keeps others out, the files let them read.
chmod 0700 secrets
chmod 0444 secrets/*
echo "the secrets are in $(pwd)/secrets"
