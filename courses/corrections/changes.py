"""What of a draft differs from what people were asked, and may not be public as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..comparing import Stored, fingerprint, is_graded, parsed, questions_in
from ..enums import CorrectionKind
from ..models import Attempt, BankQuestion, ContentVersion, Correction
from ..querysets import drew
from .units import Unit, is_original, language_of


@dataclass(frozen=True)
class ChangedQuestion:
    """A question whose draft differs from the text people were asked last.

    A question of the bank may be the same: it can be declared void as it is.
    """

    question_id: UUID
    #: The primary key of the version people were asked last.
    version: int
    before: Stored
    #: ``None`` when the draft does not ask it any more.
    after: Stored | None
    #: How many people were asked it in attempts they submitted.
    people: int
    #: One typed in a quiz is void when it was removed there; one of the bank has no such place.
    is_of_bank: bool = False

    @property
    def is_changed(self) -> bool:
        return self.after is None or fingerprint(self.after) != fingerprint(self.before)

    @property
    def kinds(self) -> list[CorrectionKind]:
        """The kinds of correction that make sense for it."""
        void = [CorrectionKind.VOID] if self.after is None or self.is_of_bank else []
        return [*self._kinds_of_new_text(), *void]

    def _kinds_of_new_text(self) -> list[CorrectionKind]:
        if self.after is None or not self.is_changed:
            return []
        child = parsed(self.after)
        if child is None or not is_graded(child.block):
            return [CorrectionKind.TYPO]
        return [CorrectionKind.TYPO, CorrectionKind.UNCLEAR, CorrectionKind.WRONG_KEY]

    def text_by(self, kind: CorrectionKind) -> Stored | None:
        """The text that a correction of this kind brings; a void question has none."""
        return None if kind == CorrectionKind.VOID else self.after

    def is_met_by(self, correction: Correction) -> bool:
        """Whether a correction is about this very change."""
        kind = CorrectionKind(correction.kind)
        if correction.question_id != self.question_id or kind not in self.kinds:
            return False
        after = self.text_by(kind)
        return correction.before_sha256 == fingerprint(self.before) and correction.after_sha256 == (
            fingerprint(after) if after else ""
        )


def changed_questions(draft: Unit) -> list[ChangedQuestion]:
    """What of a unit's draft differs from what people were asked, in the order of its versions.

    ``draft`` is a quiz or a question of the bank with what is to be published. Questions nobody was
    asked in a submitted attempt are left out. Four queries at most.
    """
    return _questions(draft, also_unchanged=False)


def correctable_questions(draft: Unit) -> list[ChangedQuestion]:
    """The same, and a question of the bank also while its draft says what people were asked."""
    return _questions(draft, also_unchanged=isinstance(draft, BankQuestion))


def _questions(draft: Unit, *, also_unchanged: bool) -> list[ChangedQuestion]:
    key = draft.translation_key
    now = questions_in(key, draft.get_evidence())
    candidates = [
        ChangedQuestion(
            question_id,
            version,
            before=stored,
            after=now.get(question_id),
            people=0,
            is_of_bank=isinstance(draft, BankQuestion),
        )
        for question_id, (version, stored) in _asked_last(key, language_of(draft)).items()
    ]
    if not also_unchanged:
        candidates = [question for question in candidates if question.is_changed]
    people = people_asked(key, {question.question_id for question in candidates} - _void(key))
    return [
        replace(question, people=people[question.question_id])
        for question in candidates
        if people.get(question.question_id)
    ]


def _asked_last(key: UUID, language: str) -> dict[UUID, tuple[int, Stored]]:
    """Every question a unit ever had, as the latest version that has it asks it."""
    found: dict[UUID, tuple[int, Stored]] = {}
    versions = ContentVersion.objects.filter(unit_key=key, language=language).order_by("-number")
    for pk, content in versions.values_list("pk", "content").iterator(chunk_size=20):
        for question_id, stored in questions_in(key, content).items():
            found.setdefault(question_id, (pk, stored))
    return found


def _void(key: UUID) -> set[UUID]:
    """The questions of a unit that were declared void."""
    void = Correction.objects.in_force().void().filter(unit_key=key)
    return set(void.values_list("question_id", flat=True))


def people_asked(unit_key: UUID, question_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many people were asked each question in attempts they submitted; one query.

    A question of the bank is counted over all quizzes that asked it.
    """
    if not question_ids:
        return {}
    attempts = Attempt.objects.submitted().with_drawn_text()
    if unit_key not in question_ids:
        attempts = attempts.filter(activity_key=unit_key)
    counts = attempts.aggregate(
        **{
            f"q{question_id.hex}": Count("enrolment__user", distinct=True, filter=drew(question_id))
            for question_id in question_ids
        }
    )
    return {question_id: counts[f"q{question_id.hex}"] for question_id in question_ids}


def require_corrections(draft: Unit) -> None:
    """Refuse to publish a changed question that people have answered before it is said what it is.

    Raises ``ValidationError``. A translation follows its original, where corrections are made; but
    a question of the bank that is void is asked in no language.
    """
    if draft.pk is None:
        return
    if isinstance(draft, BankQuestion):
        _refuse_void_question(draft)
    if not is_original(draft):
        return
    if isinstance(draft, BankQuestion):
        if _undeclared(draft):
            raise _refused(draft, _of_the_bank())
    else:
        now = questions_in(draft.translation_key, draft.get_evidence())
        _refuse_void_questions(draft, now)
        if missing := _undeclared(draft):
            raise _refused(draft, _of_a_quiz(missing, now))


def _undeclared(draft: Unit) -> list[UUID]:
    """The questions whose change is no approved correction."""
    approved = list(Correction.objects.approved().filter(unit_key=draft.translation_key))
    return [
        change.question_id
        for change in changed_questions(draft)
        if change.after is not None and not any(change.is_met_by(c) for c in approved)
    ]


def _refused(draft: Unit, message: str) -> ValidationError:
    address = reverse("courses_corrections", args=[draft.translation_key])
    field = "question" if isinstance(draft, BankQuestion) else "questions"
    params = {"way_out": (address, _("Corrections"))}
    return ValidationError({field: ValidationError(message, params=params)})


def _of_the_bank() -> str:
    return _(
        "People have already answered this question, and you have changed it. Please save the "
        "draft and say under “Corrections” what kind of correction it is. A second person approves "
        "it; then the question can be published."
    )


def _of_a_quiz(changed: Collection[UUID], now: dict[UUID, Stored]) -> str:
    return ngettext(
        "People have already answered a question that you have changed: %(questions)s. Please "
        "save the draft and say under “Corrections” what kind of correction it is. A second "
        "person approves it; then the quiz can be published.",
        "People have already answered questions that you have changed: %(questions)s. Please "
        "save the draft and say under “Corrections” what kind of correction each of them is. A "
        "second person approves it; then the quiz can be published.",
        len(changed),
    ) % {"questions": _named(changed, now)}


def _refuse_void_question(draft: BankQuestion) -> None:
    if _void(draft.translation_key):
        raise ValidationError(
            {
                "question": _(
                    "This question was declared void for everyone and cannot be asked again. "
                    "Please write a new one; a copy of this one will do."
                )
            }
        )


def _refuse_void_questions(draft: Unit, now: dict[UUID, Stored]) -> None:
    if void := _void(draft.translation_key) & now.keys():
        raise ValidationError(
            {
                "questions": _(
                    "A question was declared void for everyone and cannot be asked again. Please "
                    "remove it and write a new one: %(questions)s."
                )
                % {"questions": _named(void, now)}
            }
        )


def _named(question_ids: Iterable[UUID], now: dict[UUID, Stored]) -> str:
    """Questions as an editor finds them: by their place."""
    places = list(now)
    numbers = sorted(places.index(question_id) + 1 for question_id in question_ids)
    return ", ".join(_("question %(number)d") % {"number": number} for number in numbers)
