"""``/admin``: accounts and their devices for the administrator, the audit trail for the auditor."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.errors import InvalidInput
from census.services.people import account_desk, administration
from census.web.session import Work, work

ACTION_NAMES: Final = {
    "submit": "提交填报",
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "add_device": "添加设备",
    "assign": "分户",
    "hand_back": "交回",
    "make_team": "编组",
    "change_team": "改组",
    "add_account": "建账号",
    "change_account": "改账号",
    "close_account": "停用账号",
    "open_account": "恢复账号",
    "reset_password": "重发密码",
    "change_password": "改密码",
    "merge": "合并核对",
    "visit": "登记入户",
    "verdict": "自动校验",
    "approve": "通过",
    "return": "退回",
    "exempt": "豁免",
    "withdraw": "撤回",
    "comment": "批注",
    "reveal": "查看个人信息",
    "hand_up": "上报",
    "receipt": "应用回执",
    "receive": "收到数据包",
    "package": "生成数据包",
    "import": "导入名录",
    "key.trusted": "信任公钥",
    "revoke_device": "让设备退出",
    "wipe_device": "清空丢失的设备",
    "rescue": "导入救援文件",
    "load_scattered": "装入示例",
}

NOBODY: Final = account_desk.Draft("", "", ())
SPARE_LINES: Final = 2

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/")
def accounts() -> str | Response:
    """Accounts; an auditor is led to the audit trail."""
    with work() as current:
        if current.actor.may("read_audit") and not current.actor.may("administer"):
            return redirect("/admin/audit", 303)
        return render_template("people/accounts.html", people=administration.people(current.session, current.actor))


@blueprint.get("/accounts/new")
def new_account() -> str:
    """A blank account."""
    with work("administer") as current:
        return _form(current, NOBODY)


@blueprint.post("/accounts")
def add_account() -> str | tuple[str, int]:
    """Make an account; the page shows its first password, once."""
    draft = _draft()
    with work("administer") as current:
        try:
            given = account_desk.add(current.session, current.actor, current.actor.programme, draft)
        except InvalidInput as problem:
            return _form(current, draft, problem=problem.message), 422
        return render_template("people/given_out.html", given=given)


@blueprint.get("/accounts/<uuid:account_id>")
def account(account_id: UUID) -> str:
    """One account: its devices, and for the administrator its roles and password."""
    with work("revoke_device") as current:
        found, opened = administration.devices_of(current.session, current.actor, account_id)
        return render_template("people/devices.html", account=found, devices=opened, own=current.actor.session_id)


@blueprint.get("/accounts/<uuid:account_id>/change")
def changing(account_id: UUID) -> str:
    """Name, card number and roles of one account."""
    with work("administer") as current:
        found = account_desk.editable(current.session, current.actor, account_id)
        grants = tuple((grant.role, grant.region_code) for grant in found.grants)
        return _form(
            current, account_desk.Draft(found.username, found.full_name, grants, found.card_number or ""), account_id
        )


@blueprint.post("/accounts/<uuid:account_id>/change")
def change(account_id: UUID) -> tuple[str, int] | Response:
    """Take what the form says of name, card number and roles."""
    draft = _draft()
    with work("administer") as current:
        try:
            account_desk.change(current.session, current.actor, account_id, draft)
        except InvalidInput as problem:
            return _form(current, draft, account_id, problem.message), 422
    flash("已保存，几秒钟后生效。", "green")
    return redirect(f"/admin/accounts/{account_id}", 303)


@blueprint.post("/accounts/<uuid:account_id>/password")
def reset(account_id: UUID) -> str:
    """Give the account a new first password; the page shows it, once."""
    with work("administer") as current:
        return render_template(
            "people/given_out.html", given=account_desk.reset_password(current.session, current.actor, account_id)
        )


@blueprint.post("/accounts/<uuid:account_id>/active")
def activate(account_id: UUID) -> Response:
    """Put an account aside, or let it in again."""
    is_active = request.form.get("active") == "1"
    try:
        with work("administer") as current:
            account_desk.set_active(current.session, current.actor, account_id, is_active=is_active)
        if is_active:
            flash("账号已恢复，可以登录。", "green")
        else:
            flash("账号已停用，各处都已退出登录；手机上没上传的数据还在手机上。", "green")
    except InvalidInput as problem:
        flash(problem.message, "amber")
    return redirect(f"/admin/accounts/{account_id}", 303)


@blueprint.post("/devices/<uuid:session_id>/revoke")
def revoke(session_id: UUID) -> Response:
    """Sign a phone out; a lost one also forgets everything on its next contact."""
    wipe = "wipe" in request.form
    with work("revoke_device") as current:
        opened = administration.revoke(current.session, current.actor, session_id, wipe=wipe)
    if wipe:
        flash("这台设备已停用。它下次联网时，会清除本账号的全部数据。", "green")
    else:
        flash("这台设备已退出登录。未上传的数据还在设备上，重新登录后可以继续上传。", "green")
    return redirect(f"/admin/accounts/{opened.account_id}", 303)


def _draft() -> account_desk.Draft:
    form = request.form
    grants = zip(form.getlist("role"), form.getlist("region"), strict=False)
    return account_desk.Draft(
        form.get("username", "").strip(),
        form.get("full_name", "").strip()[:60],
        tuple((role, region.strip()) for role, region in grants if role),
        form.get("card_number", "").strip()[:30],
    )


def _form(current: Work, draft: account_desk.Draft, account_id: UUID | None = None, problem: str = "") -> str:
    return render_template(
        "people/account.html",
        draft=draft,
        account_id=account_id,
        problem=problem,
        lines=[*draft.grants, *[("", "")] * SPARE_LINES],
        roles=account_desk.PROGRAMME_ROLES[current.actor.programme],
        own_region=current.actor.regions("administer")[0],
    )


@blueprint.get("/audit")
def audit() -> str:
    """The audit trail, latest first; the chain is walked when asked, because that reads all of it."""
    with work("read_audit") as current:
        entries = administration.trail(current.session, current.actor, request.args.get("before", type=int))
        report = None
        if "verify" in request.args:
            report = administration.chain_status(current.session, current.actor)
        return render_template("people/audit.html", entries=entries, report=report, actions=ACTION_NAMES)
