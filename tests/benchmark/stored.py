"""A county in which much is stored already, put straight into the tables: how it came is not what is measured."""

from __future__ import annotations

import json
from typing import Final

import psycopg

from census.examples.records import answers_for
from tests.served import Instance

EXAMPLES: Final = 25
TOWNS: Final = 16
PART: Final = 100_000
FORM: Final = "G102"

# Ids and texts follow from the number, so that every run stores the same. A hundred records: their states as late in a
# census.
REGIONS: Final = """
    insert into region (code, name, level, parent_code)
    select '440113' || lpad((100 + town)::text, 3, '0'), '第' || town || '镇', 'town', null
      from generate_series(1, %(towns)s) town
    union all
    select '440113' || lpad((100 + town)::text, 3, '0') || lpad(village::text, 3, '0'), '第' || village || '村',
           'village', null
      from generate_series(1, %(towns)s) town, generate_series(1, 12) village
    on conflict do nothing
"""
NUMBERS: Final = """
    create function pg_temp.number(after bigint, upto bigint)
    returns table (n bigint, unit_id uuid, id uuid, region_code text, state text, at timestamptz) language sql as $$
    select n, ('0a000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as unit_id,
           ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id,
           '440113' || lpad((101 + n % 16)::text, 3, '0') || lpad((1 + n / 16 % 12)::text, 3, '0') as region_code,
           case when n % 100 < 10 then 'checked' when n % 100 < 14 then 'flagged'
                when n % 100 < 20 then 'supervisor_approved' when n % 100 < 80 then 'county_approved'
                when n % 100 < 95 then 'accepted' when n % 100 < 99 then 'returned'
                else 'withdrawn' end as state,
           timestamptz '2018-03-01' + n * interval '7 seconds' as at
      from generate_series(after + 1, upto) n $$
"""
UNITS: Final = """
    insert into unit (id, kind, name, address, region_code, source, known, forms, created_at, updated_at)
    select unit_id, 'industrial', '第' || n || '号五金加工厂', '工业路' || n || '号', region_code, 'register', '{}',
           '["G102"]', at, at
      from pg_temp.number(%(after)s, %(upto)s)
"""
SUBMISSIONS: Final = """
    insert into submission (id, unit_id, form, version, region_code, account_id, revision, state, judge_due,
                            judged_revision, error_count, warning_count, unexplained_count, created_at, updated_at)
    select id, unit_id, 'G102', '2017.1', region_code, %(account)s, 1, state, false, 1,
           case when state = 'flagged' then 2 else 0 end, case when n %% 10 = 0 then 1 else 0 end, 0, at, at
      from pg_temp.number(%(after)s, %(upto)s)
"""
REVISIONS: Final = """
    insert into revision (submission_id, number, region_code, answers, explanations, files, findings, digest,
                          account_id, device, receipt_number, received_at)
    select id, 1, region_code, example.answers, '[]', '[]', '[]', encode(sha256(id::text::bytea), 'hex'), %(account)s,
           'phone', 'R' || id, at
      from pg_temp.number(%(after)s, %(upto)s) join example on example.place = n %% %(examples)s
"""
FINDINGS: Final = """
    insert into finding (submission_id, revision, region_code, form, check_id, severity, path, message, state,
                         explanation)
    select id, 1, region_code, 'G102', 'G102-C' || lpad((1 + (n + place * 7) %% 30)::text, 2, '0'),
           case when place = 3 then 'warning' else 'error' end, '/water_intake_total', '请核对取水量。',
           case when place = 3 then 'explained' else 'open' end, ''
      from pg_temp.number(%(after)s, %(upto)s), generate_series(1, 3) place
     where (case when place = 3 then n %% 10 = 0 else state = 'flagged' end)
"""
TALLY: Final = """
    insert into submission_tally (region_code, form, state, records)
    select region_code, form, state, count(*) from submission group by 1, 2, 3
"""


def store(county: Instance, there: int, count: int, username: str) -> None:
    """Store submissions of as many units until there are so many; then let PostgreSQL learn what it holds."""
    superuser = psycopg.connect(
        host=str(county.cluster._socket_folder),
        user="postgres",
        password=county.cluster._password("postgres"),
        dbname="census",
        autocommit=True,
    )
    with superuser as connection:
        account = connection.execute("select id from account where username = %s", [username]).fetchone()
        assert account is not None
        connection.execute(
            "set session_replication_role = replica"
        )  # the rows agree by construction: no foreign key is asked
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute(REGIONS, {"towns": TOWNS})
        connection.execute("create temp table example (place int, answers jsonb)")
        for place in range(EXAMPLES):
            connection.execute(
                "insert into example values (%s, %s)", [place, json.dumps(answers_for(FORM, seed=place).answers)]
            )
        connection.execute(NUMBERS)
        connection.execute("drop index ix_unit_name_trgm")
        for after in range(there, count, PART):
            values = {"after": after, "upto": min(count, after + PART), "account": account[0], "examples": EXAMPLES}
            for statement in (UNITS, SUBMISSIONS, REVISIONS, FINDINGS):
                connection.execute(statement, values)
        connection.execute("truncate submission_tally")
        connection.execute(TALLY)
        connection.execute("create index ix_unit_name_trgm on unit using gin (name gin_trgm_ops)")
        connection.execute("vacuum (analyze) unit, submission, revision, finding, submission_tally")
        connection.execute("checkpoint")
