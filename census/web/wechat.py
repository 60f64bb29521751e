"""WeChat's own browser keeps nothing for the day without a network: it is told how to open the system's browser."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response as AnyResponse

MARK: Final = "MicroMessenger"
PAGES: Final = ("/", "/sign-in", "/collect/")


def install(app: Flask) -> None:
    """Show the way to the system's browser first; whoever stays is not asked again."""

    @app.before_request
    def lead_out() -> AnyResponse | None:
        if MARK not in request.user_agent.string:
            return None
        # Only where somebody arrives: a link into the work, or what a script asks for, is let through.
        if request.method != "GET" or request.path not in PAGES:
            return None
        if "wechat" in cookie:  # has been told, and stayed
            return None
        if "stay" in request.args:
            cookie["wechat"] = 1
            return redirect(request.path, 303)
        return Response(render_template("wechat.html", address=request.host_url))
