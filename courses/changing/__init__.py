"""Wesentlich oder redaktionell? What a change of a text that people have learnt means for them.

``differences`` tells what changed, ``answers`` whether it must be said what that means and whether
it was, ``effects`` whom it would concern, ``history`` writes it into the page's log. The answer
decides about the edition of the next content version (``courses.versions``). Decision 0017.
"""

from .answers import Change, look_at, require_answer, say
from .differences import Difference, differences
from .effects import Effect, effect_of
from .history import CHANGED, VersionPublished, acted_by, log_version

__all__ = [
    "CHANGED",
    "Change",
    "Difference",
    "Effect",
    "VersionPublished",
    "acted_by",
    "differences",
    "effect_of",
    "log_version",
    "look_at",
    "require_answer",
    "say",
]
