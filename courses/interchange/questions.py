"""Questions as plain values, as they go in and out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


def fingerprint(type_key: str, value: Any) -> str:
    """SHA-256 of what a question asks and how it counts; equal for identical questions.

    ``value`` is the block's value as a StreamField stores it. The ids of list items do not count:
    an import makes them anew.
    """
    text = json.dumps(
        [type_key, _without_ids(value)],
        cls=DjangoJSONEncoder,
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _without_ids(value: Any) -> Any:
    """The content of a stored value: list items bare, and nothing that is empty."""
    if isinstance(value, list):
        return [_without_ids(_bare(item)) for item in value]
    if isinstance(value, dict):
        return {
            key: _without_ids(inner)
            for key, inner in value.items()
            if inner is not None and inner is not False and inner not in ("", [])
        }
    return value


def _bare(item: Any) -> Any:
    is_list_item = isinstance(item, dict) and item.get("type") == "item" and "value" in item
    return item["value"] if is_list_item else item
