"""Addresses of the interface for HR systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from .resources import api, only_reading

patterns, _app_name, _namespace = api.urls
for pattern in patterns:
    pattern.callback = only_reading(cast(Callable[..., Any], pattern.callback))

#: For ``path`` in the addresses of the hub.
api_urls = (patterns, _app_name, _namespace)
