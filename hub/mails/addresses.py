"""Addresses that hold outside the hub."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def absolute(path: str) -> str:
    """An address of the hub with its server in front, as mails and files need it."""
    return f"{settings.WAGTAILADMIN_BASE_URL.rstrip('/')}{path}"


def host() -> str:
    """The name of the server people reach the hub by."""
    return urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost"
