"""The OpenAPI document names each list: Ninja knows one address for all of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django.utils.translation import gettext as _

from hub.exports.exporters import ROW_KEY_COLUMN, Exporter, exporters
from hub.spreadsheets import Column, Kind

from .problems import CONTENT_TYPE

_FORMATS: dict[Kind, dict[str, str]] = {
    "text": {"type": "string"},
    "lines": {"type": "string"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_LIST = "/lists/{identifier}"


def with_lists(schema: dict[str, Any]) -> dict[str, Any]:
    """Ninja's ``schema`` with an address for each registered list, in the current language."""
    schema["info"]["description"] = _(
        "Lists of one authority for its HR system, read with a token that somebody of the "
        "authority has made in the administration."
    )
    paths: dict[str, Any] = {}
    for path, methods in schema["paths"].items():
        # A method of its own would need an identifier of its own; it answers as GET does.
        operation = methods["get"]
        _complete(operation)
        if _LIST not in path:
            paths[path] = {"get": operation}
            continue
        for key, exporter in exporters.items():
            paths[path.replace("{identifier}", key)] = {"get": _of_list(operation, key, exporter)}
    schema["paths"] = paths
    schema["components"].setdefault("schemas", {}).update(_schemas())
    return schema


def _complete(operation: dict[str, Any]) -> None:
    """Say in words what an address answers, and what it answers where it cannot."""
    summaries = {
        "lists": _("The lists this token may read, with their columns"),
        "filters": _("The filters of a list, with what they can be set to"),
        "rows": _("The rows of a list, in pages"),
    }
    bodies = {"lists": "Lists", "filters": "Filters", "rows": "Page"}
    name = operation["operationId"]
    operation["summary"] = summaries[name]
    # The docstring of the code, which is English.
    operation.pop("description", None)
    operation["responses"] = {"200": _content(_reference(bodies[name]), _("The answer"))}
    refusals = {
        "401": _("No working token"),
        "404": _("Nothing that this token may read"),
        "422": _("Something in the address cannot be applied"),
        "429": _("Too many requests; the header Retry-After says for how many seconds to wait"),
    }
    for status, description in refusals.items():
        operation["responses"][status] = _content(
            _reference("Problem"), description, content_type=CONTENT_TYPE
        )


def _of_list(operation: dict[str, Any], key: str, exporter: type[Exporter]) -> dict[str, Any]:
    operation = deepcopy(operation)
    name = operation["operationId"]
    operation["operationId"] = f"{name}-{key}"
    operation["summary"] = f"{exporter.label}: {operation['summary']}"
    operation["parameters"] = [p for p in operation["parameters"] if p["in"] != "path"]
    if name == "rows":
        operation["description"] = str(exporter.description)
        operation["parameters"].append(_filter_parameter())
        page = _reference("Page")
        of_rows = {"properties": {"rows": {"type": "array", "items": _row(exporter)}}}
        operation["responses"]["200"] = _content({"allOf": [page, of_rows]}, _("The answer"))
    return operation


def _filter_parameter() -> dict[str, Any]:
    """Any further parameter of an address is a filter, a repeated one a list of them."""
    text = {"type": "string"}
    values = {"anyOf": [text, {"type": "array", "items": text}]}
    return {
        "name": "filters",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": True,
        "description": _("The filters of this list, each a parameter of its own name."),
        "schema": {"type": "object", "additionalProperties": values},
    }


def _row(exporter: type[Exporter]) -> dict[str, Any]:
    columns = [*exporter.columns, ROW_KEY_COLUMN]
    return {
        "type": "object",
        "properties": {column.key: _value(column) for column in columns},
        "required": [column.key for column in columns],
        # A list that has a column for each of something holds words in them.
        "additionalProperties": {"type": "string", "title": str(exporter.further_columns)}
        if exporter.further_columns
        else False,
    }


def _value(column: Column) -> dict[str, Any]:
    known = _FORMATS[column.kind]
    # An empty cell is null.
    return {**known, "type": [known["type"], "null"], "title": str(column.label)}


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    address = {"type": "string", "format": "uri"}
    named = _object(key=text, label=text)
    about = {"list": named, "authority": _object(name=text, official_key=text)}
    choice = _object(value=text, label=text)
    column = _object(key=text, label=text, kind={"enum": list(_FORMATS)})
    offered = _object(
        key=text,
        label=text,
        kind={"enum": ["text", "date", "choice"]},
        takes_many={"type": "boolean"},
        choices={"type": "array", "items": choice},
    )
    a_list = _object(
        key=text,
        label=text,
        description=text,
        url=address,
        filters_url=address,
        columns={"type": "array", "items": column},
        further_columns=text,
    )
    page = _object(
        format=text,
        **about,
        purpose=text,
        number=text,
        made_at={"type": "string", "format": "date-time"},
        filters={"type": "array", "items": _object(label=text, value=text)},
        next={"type": ["string", "null"], "format": "uri"},
        columns={"type": "array", "items": column},
        rows={"type": "array", "items": {"type": "object"}},
    )
    error = _object(field=text, label=text, messages={"type": "array", "items": text})
    problem = _object(type=text, title=text, status={"type": "integer"}, detail=text)
    problem["properties"]["errors"] = {"type": "array", "items": error}
    return {
        "Lists": _object(lists={"type": "array", "items": a_list}),
        "Filters": _object(**about, filters={"type": "array", "items": offered}),
        "Page": page,
        "Problem": problem,
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(
    schema: dict[str, Any], description: str, *, content_type: str = "application/json"
) -> dict[str, Any]:
    return {"description": description, "content": {content_type: {"schema": schema}}}
