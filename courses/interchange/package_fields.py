"""The fields of a package: checked against the columns of this hub, and as it stores them.

References to pages, questions and files are resolved before; nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Field
from django.utils.text import capfirst
from wagtail import blocks
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from .package import Fields
from .package_export import children_of, field_of, travelling
from .references import BrokenContent


def set_plain_fields(page: Page, fields: Fields) -> None:
    """What a place needs of its content: columns that must not be empty. Links follow later."""
    for name, value in travelling(type(page), fields).items():
        found = field_of(type(page), name)
        if name == "slug" or value is None or not found or found.is_relation:
            continue
        if not isinstance(found, StreamField | RichTextField):
            setattr(page, name, _plain_value(found, value))


def _plain_value(column: Any, value: Any) -> Any:
    """A value as its column holds it; raises ``BrokenContent`` or ``ValidationError``."""
    found = column.to_python(value)
    # SQLite would take a larger number, or fail on it.
    low, high = BaseDatabaseOperations.integer_field_ranges.get(
        column.get_internal_type(), (None, None)
    )
    if low is not None and high is not None and not low <= found <= high:
        raise BrokenContent(f"{column.name}: {found}")
    column.run_validators(found)
    return found


def field_label(model: type[models.Model], name: str) -> str:
    """What editors call a field."""
    try:
        found: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if isinstance(found, Field):
        return capfirst(str(found.verbose_name))
    return capfirst(str(found.related_model._meta.verbose_name_plural))


def check_fields(model: type[models.Model], data: Fields) -> None:
    """Raise ``BrokenContent`` for what no column or block of the model could hold."""
    children = children_of(model)
    for name, value in data.items():
        if name in children:
            for row in value:
                check_fields(children[name].related_model, row)
            continue
        found = field_of(model, name)
        if isinstance(found, StreamField):
            _touch(found.stream_block.to_python(deepcopy(value)))
        elif value is not None and not found.is_relation:
            _plain_value(found, value)
        elif value is None and not found.null and not found.is_relation:
            raise BrokenContent(name)


def _touch(value: Any) -> None:
    """Read a stream to its last value: only then it is known whether it can be read."""
    if isinstance(value, blocks.StreamValue):
        for child in value:
            _touch(child.value)
    elif isinstance(value, blocks.StructValue):
        for part in value.values():
            _touch(part)
    elif isinstance(value, blocks.list_block.ListValue):
        for part in value:
            _touch(part)


def as_stored(model: type[models.Model], data: Fields, draft: Any) -> Fields:
    """The fields as Wagtail's serialisation has them: streams are texts, rows have keys."""
    children = children_of(model)
    found: Fields = {}
    for name, value in data.items():
        if name in children:
            found[name] = list(_rows(children[name], value, draft))
        elif isinstance(field_of(model, name), StreamField):
            found[name] = json.dumps(value)
        else:
            found[name] = value
    return found


def _rows(relation: Any, rows: list[Fields], draft: Any) -> Iterator[Fields]:
    """The rows that belong to an object, without those that lack what they stand for."""
    model = relation.related_model
    known = {
        str(row.translation_key): row.pk
        for row in getattr(draft, relation.get_accessor_name()).all()
        if hasattr(row, "translation_key")
    }
    for position, row in enumerate(rows):
        if any(
            value is None and (f := field_of(model, name)) and f.is_relation and not f.null
            for name, value in row.items()
        ):
            continue
        stored = as_stored(model, row, None) | {"pk": known.get(str(row.get("translation_key")))}
        if field_of(model, "sort_order"):
            stored["sort_order"] = position
        if field_of(model, "locale"):
            stored["locale"] = draft.locale_id
        yield stored
