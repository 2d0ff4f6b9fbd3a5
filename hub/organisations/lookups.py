"""How rows of any model find their authority, and are found by a number or a name."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP

from .models import Organisation
from .names import search_form

MAX_WORDS = 20


def organisation_lookup(model: type[models.Model]) -> str | None:
    """The shortest path of forward relations from ``model`` to its authority.

    For example ``"organisation"`` for a department and ``"membership__organisation"`` for an
    enrolment; ``None`` for what belongs to no authority.
    """
    seen = {model}
    queue: deque[tuple[type[models.Model], tuple[str, ...]]] = deque([(model, ())])
    while queue:
        current, steps = queue.popleft()
        for field in current._meta.get_fields():
            related = field.related_model
            if not _points_forward(field) or not isinstance(related, type) or related in seen:
                continue
            path = (*steps, field.name)
            if related is Organisation:
                return LOOKUP_SEP.join(path)
            seen.add(related)
            queue.append((related, path))
    return None


def _points_forward(field: Any) -> bool:
    return field.is_relation and not field.auto_created and field.related_model is not None


def is_key(text: str) -> bool:
    """Whether what came with a request can be the number of a row; some databases refuse larger."""
    return bool(re.fullmatch(r"[0-9]{1,18}", text))


def name_contains(query: str, *, person: str = "") -> Q:
    """Every word of ``query`` is part of a name, in whatever spelling.

    An empty query is part of none, and so is one of more words than a name has, which databases
    refuse at some length.

    ``person`` is the path from the model to the person, for example ``"user"``.
    """
    words = search_form(query).split()
    if not 0 < len(words) <= MAX_WORDS:
        return Q(pk__in=[])
    key = f"{person}__name_key" if person else "name_key"
    return Q(*((f"{key}__contains", word) for word in words))
