"""Who has an account: made, changed, put aside and given a new password by the administrator of a programme.

How its owner signs in with it stands in ``accounts``.
A password that somebody else chose opens nothing but the page where its owner sets another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import ROLE_NAMES, Actor, require
from census.errors import InvalidInput, NotFound
from census.models.people import Account, RoleGrant
from census.models.register import Region
from census.services import evidence
from census.services.people.accounts import HASHER, LIFETIME, create_account, end_sessions
from census.settings import Programme

COMMAND_LINE: Final = "command line"
USERNAME: Final = re.compile(r"[a-z][a-z0-9_.-]{2,31}")
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another on paper
PROGRAMME_ROLES: Final[Mapping[Programme, tuple[str, ...]]] = {
    "census": ("enumerator", "supervisor", "county", "checker", "department", "admin", "auditor", "city", "province"),
    "scattered": ("inspector", "case_office", "admin", "auditor"),
}
ROLE_CODES: Final = {name: code for code, name in ROLE_NAMES.items()} | {code: code for code in ROLE_NAMES}
HEADINGS: Final = ("用户名", "姓名", "角色", "区划代码", "普查员证号")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is wanted of an account. ``grants``: (role, region code), the code being a prefix."""

    username: str
    full_name: str
    grants: tuple[tuple[str, str], ...]
    card_number: str = ""


@dataclass(frozen=True, slots=True)
class GivenOut:
    """An account with the password it was given, to be told to its owner once: it is kept nowhere."""

    account: Account
    password: str


def add(session: Session, actor: Actor | None, programme: Programme, draft: Draft) -> GivenOut:
    """Make an account with a password to be given out. ``actor`` is None at the command line. Raises InvalidInput."""
    _require(actor, draft.grants)
    _check_new(session, programme, draft)
    password = _password()
    account = create_account(
        session,
        username=draft.username,
        password=password,
        full_name=draft.full_name,
        grants=draft.grants,
        card_number=draft.card_number or None,
    )
    account.must_change_password = True
    session.flush()
    _note(session, actor, "add_account", account)
    return GivenOut(account, password)


def change(session: Session, actor: Actor, account_id: UUID, draft: Draft) -> Account:
    """Change name, card number and roles; the user name stays.

    Takes hold within seconds. Raises NotFound, InvalidInput.
    """
    account = _account(session, actor, account_id)
    _require(actor, draft.grants)
    _check(session, actor.programme, draft)
    if account.id == actor.account_id and "admin" not in {role for role, _ in draft.grants}:
        raise InvalidInput("不能取消自己的管理员角色。请另一名管理员来改。")
    account.full_name, account.card_number = draft.full_name, draft.card_number or None
    kept = {(grant.role, grant.region_code): grant for grant in account.grants}
    account.grants = [
        kept.get(grant) or RoleGrant(role=grant[0], region_code=grant[1]) for grant in dict.fromkeys(draft.grants)
    ]
    for grant in kept.values():
        if grant not in account.grants:
            session.delete(grant)
    session.flush()
    _note(session, actor, "change_account", account)
    return account


def set_active(session: Session, actor: Actor, account_id: UUID, *, is_active: bool) -> Account:
    """Put an account aside, or let it in again. Its phones are signed out; what they have not sent stays on them."""
    account = _account(session, actor, account_id)
    if account.id == actor.account_id:
        raise InvalidInput("不能停用自己的账号。")
    account.is_active = is_active
    if not is_active:
        end_sessions(session, account.id, *LIFETIME)
    action = "open_account" if is_active else "close_account"
    _note(session, actor, action, account)
    return account


def reset_password(session: Session, actor: Actor | None, account_id: UUID) -> GivenOut:
    """Give an account a new password to be given out, and unlock it. Its pages are signed out, its phones are not."""
    account, password = _account(session, actor, account_id), _password()
    account.password_hash, account.must_change_password = HASHER.hash(password), True
    account.failed_sign_ins, account.locked_until = 0, None
    end_sessions(session, account.id, "web")
    _note(session, actor, "reset_password", account)
    return GivenOut(account, password)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list of people: whole or not at all."""

    given_out: Sequence[GivenOut]
    rejected: Sequence[tuple[int, str]]  # row number in the file, and why


def add_all(session: Session, programme: Programme, table: Sequence[Sequence[str]]) -> Imported:
    """Make the accounts of a table with a heading row; several rows of one user name are several roles.

    Nothing is made when a row is rejected. Raises InvalidInput without the columns it needs.
    """
    headings = [cell.strip() for cell in next(iter(table), ())]
    if missing := [name for name in HEADINGS[:4] if name not in headings]:
        raise InvalidInput(f"表头缺少：{'、'.join(missing)}。表头应为：{'、'.join(HEADINGS)}。")
    drafts: dict[str, tuple[int, Draft]] = {}
    for number, cells in enumerate(table[1:], 2):
        row = dict(zip(headings, (cell.strip() for cell in cells), strict=False))
        if not any(row.values()):
            continue
        username, role = row.get("用户名", ""), row.get("角色", "")
        # A further row of a name adds a role; what it leaves blank stands in the rows before.
        _, before = drafts.get(username, (number, Draft(username, "", ())))
        grants = (*before.grants, (ROLE_CODES.get(role, role), row.get("区划代码", "")))
        card = row.get("普查员证号", "") or before.card_number
        drafts[username] = (number, Draft(username, row.get("姓名", ""), grants, card))
    rejected: list[tuple[int, str]] = []
    for number, draft in drafts.values():
        try:
            _check_new(session, programme, draft)
        except InvalidInput as problem:
            rejected.append((number, problem.message))
    if rejected:
        return Imported([], rejected)
    return Imported([add(session, None, programme, draft) for _, draft in drafts.values()], [])


def _check_new(session: Session, programme: Programme, draft: Draft) -> None:
    if not USERNAME.fullmatch(draft.username):
        raise InvalidInput("用户名用小写字母开头，3 到 32 位小写字母、数字、点、横线或下划线。")
    if session.scalar(select(Account.id).where(Account.username == draft.username)):
        raise InvalidInput(f"用户名 {draft.username} 已经有人用了。请换一个。")
    _check(session, programme, draft)


def _check(session: Session, programme: Programme, draft: Draft) -> None:
    if not draft.full_name.strip():
        raise InvalidInput("请写姓名。")
    if not draft.grants:
        raise InvalidInput("请至少给一个角色。")
    known = set(session.scalars(select(Region.code).where(Region.code.in_({region for _, region in draft.grants}))))
    for role, region in draft.grants:
        if role not in PROGRAMME_ROLES[programme]:
            raise InvalidInput(
                f"没有“{role}”这个角色。可以用：{'、'.join(ROLE_NAMES[one] for one in PROGRAMME_ROLES[programme])}。"
            )
        if region not in known:
            raise InvalidInput(f"区划代码“{region}”不在区划表里。镇街 9 位，村居 12 位，区县 6 位。")
        if role == "enumerator" and not draft.card_number:
            raise InvalidInput("普查员要有普查员证号：入户时要出示，每次入户都记在表上。")


def _require(actor: Actor | None, grants: Sequence[tuple[str, str]]) -> None:
    """An administrator gives roles in the own regions only, or could give more than was given to him."""
    if actor is not None:
        require(actor, "administer")
        for _, region in grants:
            require(actor, "administer", region)


def _account(session: Session, actor: Actor | None, account_id: UUID) -> Account:
    """An account all of whose roles lie in the actor's regions. Raises NotFound for another."""
    if actor is not None:
        require(actor, "administer")
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    # One role outside the own regions is enough: changing the account would change that one, too.
    if actor is not None and not all(actor.may("administer", grant.region_code) for grant in account.grants):
        raise NotFound
    return account


def editable(session: Session, actor: Actor, account_id: UUID) -> Account:
    """An account as the administrator who may change it sees it. Raises NotAllowed, NotFound."""
    return _account(session, actor, account_id)


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _note(session: Session, actor: Actor | None, action: str, account: Account) -> None:
    by = actor.username if actor else COMMAND_LINE
    roles = [f"{grant.role} {grant.region_code}" for grant in account.grants]
    evidence.record(session, by, action, str(account.id), {"roles": roles})
