"""One person in front of one quiz: what is asked, what was answered, what may be done now.

The pages of a quiz speak to a ``Sitting``. That of a learner keeps everything in her attempt; that
of an editor who tries the quiz out keeps it in the session and leaves no trace.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from courses import actions
from courses.actions import HandedIn
from courses.models import Attempt, Marking, QuizPage
from courses.questions import Answer
from courses.quizzing import AskedQuestion, FrozenQuiz, frozen_quiz, question_set


@dataclass(frozen=True)
class Given:
    """What a person did with one question so far."""

    answer: Answer
    is_flagged: bool = False
    is_checked: bool = False
    #: Whether a person still has to mark it, and the marking if one did.
    is_to_mark: bool = False
    marking: Marking | None = None


class Sitting(ABC):
    """The contract between the pages of a quiz and where its answers are kept."""

    quiz: FrozenQuiz
    asked: Mapping[UUID, AskedQuestion]
    #: Counted from 1.
    position: int

    @abstractmethod
    def given(self) -> Mapping[UUID, Given]:
        """What was done so far, read anew; questions nobody touched need not appear."""

    @abstractmethod
    def ends_at(self) -> datetime | None:
        """When the time is up; ``None`` if it never is."""

    @abstractmethod
    def save(self, raw: Mapping[UUID, Answer], position: int | None) -> dict[UUID, list[str]]:
        """See ``actions.save_answers``."""

    @abstractmethod
    def flag(self, question_id: UUID, *, is_flagged: bool) -> None:
        """See ``actions.flag_question``."""

    @abstractmethod
    def check(self, question_id: UUID) -> None:
        """See ``actions.check_answer``."""

    @abstractmethod
    def hand_in(
        self, raw: Mapping[UUID, Answer], position: int | None, *, with_gaps: bool
    ) -> HandedIn:
        """See ``actions.hand_in``."""


class AttemptSitting(Sitting):
    """A learner's own attempt."""

    def __init__(self, attempt: Attempt, page: QuizPage) -> None:
        self.attempt = attempt
        self.page = page
        self.quiz = frozen_quiz(attempt.content_version_id)
        self.asked = question_set(attempt)
        self.position = attempt.position

    def given(self) -> Mapping[UUID, Given]:
        markings = self._markings()
        rows = self.attempt.responses.values_list(
            "question_id", "answer", "is_flagged", "checked_at", "is_to_mark"
        )
        return {
            question_id: Given(
                answer,
                is_flagged=is_flagged,
                is_checked=checked_at is not None,
                is_to_mark=is_to_mark,
                marking=markings.get(question_id),
            )
            for question_id, answer, is_flagged, checked_at, is_to_mark in rows
        }

    def _markings(self) -> dict[UUID, Marking]:
        """By question, the marking that counts; only a submitted free text has one."""
        if self.attempt.is_open or not any(
            question.block.is_marked_by_person for question in self.asked.values()
        ):
            return {}
        markings = Marking.objects.filter(response__attempt=self.attempt).select_related("response")
        return {marking.response.question_id: marking for marking in markings.order_by("pk")}

    def ends_at(self) -> datetime | None:
        return actions.attempt_ends_at(self.attempt)

    def save(self, raw: Mapping[UUID, Answer], position: int | None) -> dict[UUID, list[str]]:
        return actions.save_answers(attempt=self.attempt, raw=raw, position=position)

    def flag(self, question_id: UUID, *, is_flagged: bool) -> None:
        actions.flag_question(attempt=self.attempt, question_id=question_id, is_flagged=is_flagged)

    def check(self, question_id: UUID) -> None:
        actions.check_answer(attempt=self.attempt, question_id=question_id)

    def hand_in(
        self, raw: Mapping[UUID, Answer], position: int | None, *, with_gaps: bool
    ) -> HandedIn:
        return actions.hand_in(
            attempt=self.attempt, quiz=self.page, raw=raw, position=position, with_gaps=with_gaps
        )
