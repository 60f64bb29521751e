"""What can go wrong between people and the census: each with a stable code, an HTTP status and a sentence.

Findings of checks are values and do not belong here; nor do faults of the program, which stay ordinary exceptions.
``docs/reference/errors.md`` lists every code; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class CensusError(Exception):
    """A refusal that people can act on.

    ``code`` is for programs and never changes; ``message`` is Chinese, for people, and says what to do;
    ``detail`` holds further members of the problem document (never personal data).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = "这一步不能完成。"

    def __init__(self, message: str = "", **detail: Any) -> None:
        self.message = message or self.sentence
        self.detail: Mapping[str, Any] = detail
        super().__init__(self.message)


class Malformed(CensusError):
    """The request cannot be read: broken JSON or an envelope of the wrong shape. Nothing was stored."""

    code = "malformed"
    status = 400
    sentence = "收到的内容读不出来，没有保存任何数据。请重新发送；仍不行请联系管理员。"


class BadToken(CensusError):
    """A form was posted without this browser session's own token: another site may have sent it."""

    code = "bad_token"
    status = 400
    sentence = "页面已过期，刚才的操作没有执行。请返回上一页刷新后重试。"


class NotSignedIn(CensusError):
    code = "not_signed_in"
    status = 401
    sentence = "登录已失效。请重新登录，手机里未上传的数据不会丢失。"


class DeviceRevoked(NotSignedIn):
    """The office gave this phone up as lost: what it holds of the account is to be removed from it."""

    code = "device_revoked"
    sentence = "这台设备已被管理员停用，本机数据已清除。请联系本级普查办。"


class NotAllowed(CensusError):
    code = "not_allowed"
    status = 403
    sentence = "您的账号没有这项权限。如工作需要，请联系本级普查办管理员。"


class PasswordToChange(CensusError):
    """The password was right, but somebody else chose it: its owner sets another before anything else."""

    code = "password_to_change"
    status = 403
    sentence = "第一次登录，请先把初始密码改成自己的密码。"


class NotFound(CensusError):
    """Not there, or outside the caller's region: the two look alike on purpose."""

    code = "not_found"
    status = 404
    sentence = "没有找到，或不在您负责的区划内。"


class Conflict(CensusError):
    """Someone was faster: a newer revision or another state exists. A person resolves it."""

    code = "conflict"
    status = 409
    sentence = "这条记录刚被别人改动过。请刷新后再处理。"


class NeedsConfirmation(CensusError):
    """The answers changed after the respondent signed them, and nobody recorded the confirmation."""

    code = "needs_confirmation"
    status = 409
    sentence = "填报内容在签字后改动过。请让填报人重新签字，或登记确认人、方式和时间。"


class GateClosed(CensusError):
    """The region may not be handed up yet; ``detail`` says what is missing."""

    code = "gate_closed"
    status = 409
    sentence = "还不能上报。请先处理未通过审核的记录和强制性错误。"


class Gone(CensusError):
    """An unfinished upload whose time is over."""

    code = "gone"
    status = 410
    sentence = "这次上传已过期清除。请重新上传。"


class WrongProtocol(CensusError):
    """An upload that does not speak tus 1.0."""

    code = "wrong_protocol"
    status = 412
    sentence = "上传方式的版本不对。请更新手机上的程序后重试。"


class TooLarge(CensusError):
    code = "too_large"
    status = 413
    sentence = "一次发送的内容超过 16 MB。请分几次发送。"


class WrongContent(CensusError):
    """A file that is not what evidence may be, whatever its name says."""

    code = "wrong_content"
    status = 415
    sentence = "只能上传照片（JPEG、PNG、WebP）或 PDF 文件。请换一个文件。"


class InvalidInput(CensusError):
    """Readable, but not acceptable; ``detail["fields"]`` may name each field's fault."""

    code = "invalid_input"
    status = 422
    sentence = "有几项填写不符合要求。请按提示改正后再提交。"


class TooMany(CensusError):
    code = "too_many"
    status = 422
    sentence = "一次最多发送 200 份填报。请分几次发送。"


class Busy(CensusError):
    """Another request is writing to the same upload."""

    code = "busy"
    status = 423
    sentence = "这个文件正在另一处上传。请稍等再试。"


class RateLimited(CensusError):
    """Too many attempts; ``detail["retry_after_s"]`` is also sent as the Retry-After header."""

    code = "rate_limited"
    status = 429
    sentence = "尝试次数过多。请稍等几分钟再试。"


class ChecksumMismatch(CensusError):
    """A part of an upload changed on its way; tus gives this its own status."""

    code = "checksum_mismatch"
    status = 460
    sentence = "这一段内容在传输中变了，没有保存。请重新发送这一段。"


class NotReady(CensusError):
    """The program cannot serve now: a database, the disk or a migration is wanting."""

    code = "not_ready"
    status = 503
    sentence = "系统正在准备或维护，请稍后再试。手机里的数据会自动重传。"
