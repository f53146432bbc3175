#!/usr/bin/env bash
# Bring up what the checks need beside Python; what answers already is left alone.
#   tools/services.sh [postgres] [redis] [chromium]
# POSTGRES_URL and SCALED_REDIS_URL say where; only servers on this machine are installed or started.
set -euo pipefail

postgres_url=${POSTGRES_URL:-postgres://animica:animica@127.0.0.1:5432/animica}
redis_url=${SCALED_REDIS_URL:-redis://127.0.0.1:6379/15}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else sudo -u postgres "$@"; fi; }

apt_updated=
apt_install() {
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here: install $* by hand" >&2
    exit 1
  fi
  if [ -z "$apt_updated" ]; then as_root apt-get -qq update && apt_updated=yes; fi
  echo "Installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

fail() { echo "$1" >&2; exit 1; }

wait_for() { # seconds, command...
  local left=$1; shift
  until "$@"; do
    left=$((left - 1)); if [ "$left" -le 0 ]; then return 1; fi; sleep 1
  done
}

# ------------------------------------------------------------------ PostgreSQL

server_answers() { pg_isready -q -d "$postgres_url"; }
role_answers() { psql -qAt "${postgres_url%/*}/postgres" -c 'select 1' >/dev/null 2>&1; }

# The role of the default address, made through whichever door this server leaves open to us.
make_role() {
  local sql="create role animica login createdb password 'animica'"
  psql -q -h 127.0.0.1 -U postgres -w -d postgres -c "$sql" 2>/dev/null ||
    (cd / && as_postgres psql -q -d postgres -c "$sql")
}

postgres() {
  if ! command -v psql >/dev/null; then apt_install postgresql; fi
  if ! server_answers; then
    if ! command -v pg_ctlcluster >/dev/null; then apt_install postgresql; fi
    as_root service postgresql start >/dev/null
    wait_for 30 server_answers || fail "PostgreSQL does not answer at $postgres_url"
  fi
  if role_answers; then return; fi
  if [[ $postgres_url == postgres://animica:animica@* ]]; then make_role; fi
  role_answers || fail "PostgreSQL refuses $postgres_url; set POSTGRES_URL to a role with CREATEDB"
}

# ----------------------------------------------------------------------- Redis

redis_answers() { [ "$(redis-cli -u "$redis_url" ping 2>/dev/null)" = PONG ]; }

redis() {
  if ! command -v redis-cli >/dev/null; then apt_install redis-server; fi
  if redis_answers; then return; fi
  if ! command -v redis-server >/dev/null; then apt_install redis-server; fi
  as_root service redis-server start >/dev/null
  wait_for 30 redis_answers || fail "Redis does not answer at $redis_url"
}

# -------------------------------------------------------------------- Chromium

chromium() {
  if type -P chromium >/dev/null; then return; fi  # not this function of the same name
  apt_install chromium
}

for name in "$@"; do
  case $name in
    postgres | redis | chromium) "$name" ;;
    *) fail "usage: tools/services.sh [postgres] [redis] [chromium]" ;;
  esac
done
