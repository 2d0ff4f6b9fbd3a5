"""What pages at a shared device show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

from hub.terminals.sessions import seconds_left

register = template.Library()


@register.simple_tag(takes_context=True)
def session_end(context: dict[str, Any]) -> datetime:
    """When the session ends without input."""
    return timezone.localtime() + timedelta(seconds=seconds_left(context["request"]) or 0)
