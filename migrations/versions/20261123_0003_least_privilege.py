"""Give the application role the least it needs: row-level security by region, append-only evidence."""

from __future__ import annotations

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BY_REGION = (
    "attachment",
    "batch",
    "batch_item",
    "case",
    "case_event",
    "comment",
    "decision",
    "delivery",
    "draft",
    "enumeration_area",
    "finding",
    "operation",
    "package",
    "received_package",
    "register_entry",
    "revision",
    "revision_conflict",
    "submission",
    "unit",
    "visit",
)
APPEND_ONLY = ("case_event", "change", "decision", "receipt", "revision", "revision_conflict", "visit")
READ_ONLY = ("alembic_version", "audit_entry", "audit_head")
DELETABLE = ("assignment", "attachment", "draft", "finding", "role_grant", "trusted_key", "upload")
CHANGEABLE = (
    "account",
    "assignment",
    "attachment",
    "batch",
    "batch_item",
    "blob",
    "case",
    "comment",
    "delivery",
    "device_session",
    "draft",
    "enumeration_area",
    "finding",
    "operation",
    "package",
    "package_item",
    "received_item",
    "received_package",
    "region",
    "register_entry",
    "river",
    "role_grant",
    "submission",
    "trusted_key",
    "unit",
    "upload",
    "validation_run",
)

# The scope is a list of region code prefixes; "," is two empty prefixes and so sees everything, unset sees nothing.
# As a sub-select it is worked out once per statement, not once per row.
IN_SCOPE = (
    "region_code ^@ any ((select string_to_array(nullif(current_setting('census.scope', true), ''), ','))::text[])"
)

APPEND_AUDIT = """
create function append_audit(p_actor text, p_action text, p_subject text, p_detail jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    head audit_head%rowtype;
    at timestamptz := clock_timestamp();
    body text;
    link bytea;
begin
    select * into strict head from audit_head where id = 1 for update;
    body := jsonb_build_object('seq', head.seq + 1, 'at', at, 'actor', p_actor, 'action', p_action,
                               'subject', p_subject, 'detail', p_detail)::text;
    link := sha256(head.hash || convert_to(body, 'UTF8'));
    insert into audit_entry (seq, at, actor, action, subject, body, previous, hash)
    values (head.seq + 1, at, p_actor, p_action, p_subject, body, head.hash, link);
    update audit_head set seq = head.seq + 1, hash = link where id = 1;
    return head.seq + 1;
end $$
"""


def upgrade() -> None:
    """Apply."""
    role = context.config.attributes["app_role"]
    op.execute("insert into audit_head (id, seq, hash) values (1, 0, sha256(''::bytea))")
    op.execute(APPEND_AUDIT)
    op.execute("revoke execute on function append_audit(text, text, text, jsonb) from public")
    op.execute(f'grant execute on function append_audit(text, text, text, jsonb) to "{role}"')
    op.execute(f'grant usage on schema public to "{role}"')
    for table in BY_REGION:
        op.execute(f'alter table "{table}" enable row level security')
        op.execute(f'alter table "{table}" force row level security')
        op.execute(f'create policy by_region on "{table}" using ({IN_SCOPE}) with check ({IN_SCOPE})')
    for table in READ_ONLY:
        op.execute(f'grant select on "{table}" to "{role}"')
    for table in APPEND_ONLY:
        op.execute(f'grant select, insert on "{table}" to "{role}"')
    for table in CHANGEABLE:
        op.execute(f'grant select, insert, update on "{table}" to "{role}"')
    for table in DELETABLE:
        op.execute(f'grant delete on "{table}" to "{role}"')
    op.execute(
        f"""
        do $$
        declare thing record;
        begin
            for thing in select oid::regclass as name from pg_class
                         where relname like 'procrastinate\\_%' and relkind = 'r'
                           and relnamespace = current_schema()::regnamespace loop
                execute 'grant select, insert, update, delete on ' || thing.name || ' to "{role}"';
            end loop;
        end $$;
        """
    )
    op.execute(f'grant usage on all sequences in schema public to "{role}"')


def downgrade() -> None:
    """Take back."""
    role = context.config.attributes["app_role"]
    for table in BY_REGION:
        op.execute(f'drop policy by_region on "{table}"')
        op.execute(f'alter table "{table}" no force row level security')
        op.execute(f'alter table "{table}" disable row level security')
    op.execute("drop function append_audit(text, text, text, jsonb)")
    op.execute(f'revoke all on all tables in schema public from "{role}"')
    op.execute(f'revoke all on all sequences in schema public from "{role}"')
    op.execute(f'revoke usage on schema public from "{role}"')
    op.execute("delete from audit_head")
