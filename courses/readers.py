"""For whom a frozen text is shown."""

from __future__ import annotations

from enum import Enum


class Reader(Enum):
    """Who reads a content version, and so how much of a quiz (domain 2.3).

    Learners see no question that they may still be asked, HR sees what is asked, and only editors
    see what is right.
    """

    LEARNER = "learner"
    HR = "hr"
    EDITOR = "editor"

    @property
    def sees_questions(self) -> bool:
        return self is not Reader.LEARNER

    @property
    def sees_key(self) -> bool:
        return self is Reader.EDITOR
