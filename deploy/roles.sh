#!/bin/sh
# Runs once, on the first start of the database container: two databases that do not know each other, and their roles.
set -eu
: "${OWNER_PASSWORD:?}" "${CENSUS_PASSWORD:?}" "${SCATTERED_PASSWORD:?}"
psql --no-psqlrc --username "$POSTGRES_USER" -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v census="$CENSUS_PASSWORD" -v scattered="$SCATTERED_PASSWORD" <<'SQL'
create role census_owner login password :'owner';
create role census_app login nobypassrls password :'census';
create role scattered_app login nobypassrls password :'scattered';
create database census owner census_owner template template0 locale_provider builtin builtin_locale 'C.UTF-8' locale 'C.UTF-8';
create database scattered owner census_owner template template0 locale_provider builtin builtin_locale 'C.UTF-8' locale 'C.UTF-8';
revoke all on database census, scattered from public;
grant connect, temporary on database census to census_app;
grant connect, temporary on database scattered to scattered_app;
SQL
