"""In which language somebody reads who works in the administration."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from wagtail.users.models import UserProfile


def administration_languages(users: Collection[int]) -> dict[int, str]:
    """By primary key of a person, the language she chose there, German for none; one query."""
    offered = dict(settings.LANGUAGES)
    chosen = dict(
        UserProfile.objects.filter(user__in=users).values_list("user_id", "preferred_language")
    )
    return {
        user: chosen[user] if chosen.get(user) in offered else settings.LANGUAGE_CODE
        for user in users
    }
