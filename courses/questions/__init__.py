"""Question types. Built-in types register as a third party's would; see ``base.QuestionBlock``."""

from . import choice, true_false
from .base import QuestionBlock, Review, ReviewOption, questions
from .field import QuestionField

__all__ = [
    "QuestionBlock",
    "QuestionField",
    "Review",
    "ReviewOption",
    "choice",
    "questions",
    "true_false",
]
