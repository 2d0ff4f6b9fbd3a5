"""A change and its effect for the templates of the editor."""

from __future__ import annotations

from typing import Any

from .answers import look_at
from .effects import effect_of


def shown_change(draft: Any) -> dict[str, Any]:
    """What a draft changes and whom that concerns; the effect only where it is asked about."""
    change = look_at(draft)
    effect = None
    if change.is_asked and change.before is not None:
        effect = effect_of(draft, since=change.before)
    return {"change": change, "effect": effect}
