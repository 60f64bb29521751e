"""``/admin``: accounts and their devices for the administrator, the audit trail for the auditor."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.services import administration
from census.web.session import work

ACTION_NAMES: Final = {
    "submit": "提交填报", "sign_in": "登录", "sign_in_failed": "登录失败", "add_device": "添加设备", "assign": "分户",
    "hand_back": "交回", "make_team": "编组", "merge": "合并核对", "visit": "登记入户", "verdict": "自动校验", "approve": "通过", "return": "退回", "exempt": "豁免",
    "withdraw": "撤回", "comment": "批注", "reveal": "查看个人信息", "hand_up": "上报", "receipt": "应用回执", "receive": "收到数据包",
    "package": "生成数据包", "import": "导入名录", "key.trusted": "信任公钥", "revoke_device": "让设备退出", "wipe_device": "清空丢失的设备", "rescue": "导入救援文件", "load_scattered": "装入示例",
}

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/")
def accounts() -> str | Response:
    """Accounts; an auditor is led to the audit trail."""
    with work() as current:
        if current.actor.may("read_audit") and not current.actor.may("administer"):
            return redirect("/admin/audit", 303)
        return render_template("admin/accounts.html", people=administration.people(current.session, current.actor))


@blueprint.get("/accounts/<uuid:account_id>")
def devices(account_id: UUID) -> str:
    """The devices of one account."""
    with work("revoke_device") as current:
        account, opened = administration.devices_of(current.session, current.actor, account_id)
        return render_template("admin/devices.html", account=account, devices=opened, own=current.actor.session_id)


@blueprint.post("/devices/<uuid:session_id>/revoke")
def revoke(session_id: UUID) -> Response:
    """Sign a phone out; a lost one also forgets everything on its next contact."""
    wipe = "wipe" in request.form
    with work("revoke_device") as current:
        opened = administration.revoke(current.session, current.actor, session_id, wipe=wipe)
    flash(
        "这台设备已停用。它下次联网时，会清除本账号的全部数据。" if wipe
        else "这台设备已退出登录。未上传的数据还在设备上，重新登录后可以继续上传。", "green",
    )
    return redirect(f"/admin/accounts/{opened.account_id}", 303)


@blueprint.get("/audit")
def audit() -> str:
    """The audit trail, latest first; the chain is walked when asked, because that reads all of it."""
    with work("read_audit") as current:
        entries = administration.trail(current.session, current.actor, request.args.get("before", type=int))
        report = administration.chain_status(current.session, current.actor) if "verify" in request.args else None
        return render_template("admin/audit.html", entries=entries, report=report, actions=ACTION_NAMES)
