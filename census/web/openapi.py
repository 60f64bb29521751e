"""OpenAPI 3.1 from the schemas that read the requests: the description cannot say another thing than the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import current_app
from marshmallow import Schema

from census.web.session import API

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs; listed in docs/reference/errors.md"},
        "detail": {"type": "string", "description": "a Chinese sentence that says what to do"},
    },
}
VERSION: Final = "1.0"
ARGUMENT: Final = re.compile(r"<(?:[^>]*:)?([^:>]*)>")  # <converter(with=options):name>
_REGISTERED: Final[dict[str, Description]] = {}


@dataclass(frozen=True, slots=True)
class Description:
    """What is told about one endpoint."""

    summary: str
    text: str
    body: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    public: bool = False  # needs no token
    query: Mapping[str, str] = field(default_factory=dict[str, str])  # name → what it is for
    content: str = "application/json"


def documented(summary: str, **about: Any) -> Callable[[Endpoint], Endpoint]:
    """Describe an endpoint of the API; keywords are those of ``Description``. Put it below the route."""

    def describe(endpoint: Endpoint) -> Endpoint:
        text = " ".join((endpoint.__doc__ or "").split())
        _REGISTERED[_key(endpoint)] = Description(summary, text, **about)
        return endpoint

    return describe


def document() -> dict[str, Any]:
    """The description of every route under the API's prefix of the running application."""
    spec = APISpec(
        title="Pollution census 污染源普查",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": "Bearer tokens, JSON, problem+json errors. Uploads follow tus 1.0."},
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        servers=[{"url": "/"}],
        security=[{"token": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", _PROBLEM)
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.rule.startswith(f"{API}/"):
            view = current_app.view_functions[rule.endpoint]
            described = _REGISTERED.get(_key(view), Description(view.__name__.replace("_", " "), view.__doc__ or ""))
            methods = set(rule.methods or set[str]())
            for method in sorted(methods - {"HEAD", "OPTIONS"} or methods):  # the two come with every other method
                paths.setdefault(_template(rule.rule), {})[method.lower()] = _operation(
                    described, rule.endpoint, method, cast("set[str]", rule.arguments)
                )
    for path, operations in paths.items():
        spec.path(path, operations=operations)
    return spec.to_dict()


def _operation(described: Description, endpoint: str, method: str, arguments: Iterable[str]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": HTTPStatus(described.status).phrase}
    if described.answer:
        done["content"] = {described.content: {"schema": described.answer}}
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}_{endpoint.rpartition('.')[2]}",
        "summary": described.summary,
        "description": described.text,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in sorted(arguments)
            ),
            *(
                {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
                for name, text in described.query.items()
            ),
        ],
        "responses": {
            str(described.status): done,
            "default": {
                "description": "Problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if described.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": described.body}}}
    if described.public:
        operation["security"] = []
    return operation


def _template(rule: str) -> str:
    """Flask's ``/cases/<uuid:case_id>`` as OpenAPI writes it."""
    return ARGUMENT.sub(r"{\1}", rule)


def _name(schema: type[Schema] | Schema | str) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Shape")


def _key(endpoint: Callable[..., Any]) -> str:
    return f"{endpoint.__module__}.{endpoint.__qualname__}"
