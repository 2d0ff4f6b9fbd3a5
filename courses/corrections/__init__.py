"""Korrekturen: proposed by one editor, approved by another, in force once the text is public.

What is corrected is a *unit* (``units``): a quiz with the questions typed in it, or a question of
the bank. ``changes`` tells what differs from what people were asked and holds up publication,
``effects`` what a correction would do, ``deciding`` is the way from proposal to approval,
``applying`` brings into force and regrades, ``notices`` tells the people. Decision 0014.
"""

from .applying import apply_correction, bring_into_force, unfinished
from .changes import (
    ChangedQuestion,
    changed_questions,
    correctable_questions,
    people_asked,
    require_corrections,
)
from .deciding import approve_correction, decline_correction, propose_correction, refusal
from .effects import Effect, preview
from .notices import Notice, mark_as_read, notices_for
from .units import Unit, is_original, original, originals

__all__ = [
    "ChangedQuestion",
    "Effect",
    "Notice",
    "Unit",
    "apply_correction",
    "approve_correction",
    "bring_into_force",
    "changed_questions",
    "correctable_questions",
    "decline_correction",
    "is_original",
    "mark_as_read",
    "notices_for",
    "original",
    "originals",
    "people_asked",
    "preview",
    "propose_correction",
    "refusal",
    "require_corrections",
    "unfinished",
]
