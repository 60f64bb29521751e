"""``census serve``: the web server."""

from __future__ import annotations

import argparse
from typing import Any

from census.commands import Commands
from census.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add_parser("serve", help="run the web server")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--threads", type=int, default=8, help="requests at a time in each process (default 8)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import gc
    import sys

    from gunicorn.app.base import BaseApplication

    from census.app import create_app
    from census.embedded.cluster import with_databases

    settings = with_databases(Settings.from_env())  # before the fork: one process starts PostgreSQL, not each worker

    def share(_: object) -> None:
        """Before the fork: what is loaded belongs to all, and collecting garbage shall neither walk nor copy it."""
        gc.collect()
        gc.freeze()

    def begin(_server: object, _worker: object) -> None:
        """In each process: look rarely for garbage, most of it dies by its count; change threads often.

        An answer of the database that waits for a neighbour's long calculation keeps its locks meanwhile.
        """
        gc.set_threshold(20_000, 20, 100)
        sys.setswitchinterval(0.001)

    options: dict[str, Any] = {
        "bind": f"{arguments.host}:{arguments.port}",
        "worker_class": "gthread",
        "workers": arguments.workers,
        "threads": arguments.threads,
        "preload_app": True,
        "when_ready": share,
        "post_fork": begin,
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 20,
        "errorlog": "-",
        "loglevel": "warning",
        "control_socket_disable": True,
    }

    class Server(BaseApplication):
        """gunicorn without its command line."""

        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app(settings)

    Server().run()
    return 0
