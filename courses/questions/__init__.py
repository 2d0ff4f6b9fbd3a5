"""Question types. Built-in types register as a third party's would; see ``base.QuestionBlock``."""

from . import (
    choice,
    free_text,
    gap_text,
    matching,
    number,
    ordering,
    scale,
    short_text,
    true_false,
)
from .base import (
    WHOLE,
    Answer,
    QuestionBlock,
    Review,
    ReviewOption,
    ReviewPart,
    Tally,
    TallyRow,
    questions,
)
from .field import QuestionField

__all__ = [
    "WHOLE",
    "Answer",
    "QuestionBlock",
    "QuestionField",
    "Review",
    "ReviewOption",
    "ReviewPart",
    "Tally",
    "TallyRow",
    "choice",
    "free_text",
    "gap_text",
    "matching",
    "number",
    "ordering",
    "questions",
    "scale",
    "short_text",
    "true_false",
]
