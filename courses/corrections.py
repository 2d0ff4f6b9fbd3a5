"""Korrekturen: proposed by one editor, approved by another, in force once the text is public."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from hub.i18n import default_locale_id, text_language
from hub.organisations.models import User

from .actions import complete_activity
from .comparing import (
    Stored,
    fingerprint,
    is_graded,
    is_graded_alike,
    parsed,
    questions_in,
)
from .enums import CompletionSource, CorrectionKind, CorrectionStatus
from .models import (
    Attempt,
    Completion,
    ContentVersion,
    Correction,
    CorrectionNotice,
    QuizPage,
    Regrading,
)
from .querysets import drew
from .recounting import Recounter, Taken, in_force, regrading, stream
from .regrading import Result

#: Attempts regraded in one transaction.
CHUNK = 200
#: How many are regraded at once when a quiz is published; more wait for ``apply_corrections``.
AT_ONCE = 1000

OPEN = (CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED)


@dataclass(frozen=True)
class ChangedQuestion:
    """A question whose draft differs from the text people were asked last."""

    question_id: UUID
    #: The primary key of the version people were asked last.
    version: int
    before: Stored
    #: ``None`` when the draft does not ask it any more.
    after: Stored | None
    #: How many people were asked it in attempts they submitted.
    people: int

    @property
    def kinds(self) -> list[CorrectionKind]:
        """The kinds of correction that make sense for it."""
        if self.after is None:
            return [CorrectionKind.VOID]
        child = parsed(self.after)
        if child is None or not is_graded(child.block):
            return [CorrectionKind.TYPO]
        return [CorrectionKind.TYPO, CorrectionKind.UNCLEAR, CorrectionKind.WRONG_KEY]

    def is_met_by(self, correction: Correction) -> bool:
        """Whether a correction is about this very change."""
        return (
            correction.question_id == self.question_id
            and correction.before_sha256 == fingerprint(self.before)
            and correction.after_sha256 == (fingerprint(self.after) if self.after else "")
        )


@dataclass(frozen=True)
class Effect:
    """What a correction does or would do; numbers, no persons."""

    asked: int = 0
    better: int = 0
    now_pass: int = 0
    #: A correction takes no pass; said aloud so that nobody need wonder.
    now_fail: int = 0


def original(unit_key: UUID) -> QuizPage | None:
    """The quiz of a key in the language it was written in first."""
    return originals([unit_key]).get(unit_key)


def originals(unit_keys: Collection[UUID]) -> dict[UUID, QuizPage]:
    """The same for several keys, in one query."""
    if not unit_keys:
        return {}
    pages = QuizPage.objects.filter(
        translation_key__in=unit_keys, locale=default_locale_id(), alias_of__isnull=True
    )
    return {page.translation_key: page for page in pages.defer("questions")}


def changed_questions(draft: Any) -> list[ChangedQuestion]:
    """What of a unit's draft differs from what people were asked, in the order of its versions.

    ``draft`` is a quiz with what is to be published. Questions nobody was asked in a submitted
    attempt are left out. Four queries at most.
    """
    key, language = draft.translation_key, text_language(draft)
    asked = _asked_last(key, language)
    now = questions_in(key, draft.get_evidence())
    changed = {
        question_id: (version, stored, now.get(question_id))
        for question_id, (version, stored) in asked.items()
        if question_id not in now or fingerprint(stored) != fingerprint(now[question_id])
    }
    void = set(
        Correction.objects.filter(
            unit_key=key, kind=CorrectionKind.VOID, status=CorrectionStatus.LIVE
        ).values_list("question_id", flat=True)
    )
    people = people_asked(key, changed.keys() - void)
    return [
        ChangedQuestion(question_id, version, before, after, people[question_id])
        for question_id, (version, before, after) in changed.items()
        if people.get(question_id)
    ]


def _asked_last(key: UUID, language: str) -> dict[UUID, tuple[int, Stored]]:
    """Every question a unit ever had, as the latest version that has it asks it."""
    found: dict[UUID, tuple[int, Stored]] = {}
    versions = ContentVersion.objects.filter(unit_key=key, language=language).order_by("-number")
    for pk, content in versions.values_list("pk", "content").iterator(chunk_size=20):
        for question_id, stored in questions_in(key, content).items():
            found.setdefault(question_id, (pk, stored))
    return found


def people_asked(unit_key: UUID, question_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many people were asked each question in attempts they submitted; one query."""
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


def require_corrections(draft: Any) -> None:
    """Refuse to publish a changed question that people have answered before it is said what it is.

    Raises ``ValidationError``. A translation follows its original, where corrections are made.
    """
    if draft.pk is None or draft.locale_id != default_locale_id():
        return
    known = list(
        Correction.objects.filter(unit_key=draft.translation_key).exclude(
            status__in=[CorrectionStatus.DECLINED, CorrectionStatus.REPLACED]
        )
    )
    now = questions_in(draft.translation_key, draft.get_evidence())
    void = {
        correction.question_id
        for correction in known
        if correction.is_void and correction.status == CorrectionStatus.LIVE
    }
    if void & now.keys():
        raise ValidationError(
            {
                "questions": _(
                    "A question was declared void for everyone and cannot be asked again. Please "
                    "remove it and write a new one: %(questions)s."
                )
                % {"questions": _named(void & now.keys(), now)}
            }
        )
    approved = [c for c in known if c.status == CorrectionStatus.APPROVED]
    missing = [
        change.question_id
        for change in changed_questions(draft)
        if change.after is not None and not any(change.is_met_by(c) for c in approved)
    ]
    if missing:
        message = ngettext(
            "People have already answered a question that you have changed: %(questions)s. Please "
            "save the draft and say under “Corrections” what kind of correction it is. A second "
            "person approves it; then the quiz can be published.",
            "People have already answered questions that you have changed: %(questions)s. Please "
            "save the draft and say under “Corrections” what kind of correction each of them is. A "
            "second person approves it; then the quiz can be published.",
            len(missing),
        )
        address = reverse("courses_corrections", args=[draft.translation_key])
        way_out = (address, _("Corrections"))
        params = {"questions": _named(missing, now), "way_out": way_out}
        raise ValidationError({"questions": ValidationError(message, params=params)})


def _named(question_ids: Iterable[UUID], now: dict[UUID, Stored]) -> str:
    """Questions as an editor finds them: by their place."""
    places = list(now)
    numbers = sorted(places.index(question_id) + 1 for question_id in question_ids)
    return ", ".join(_("question %(number)d") % {"number": number} for number in numbers)


def refusal(change: ChangedQuestion, kind: CorrectionKind) -> str:
    """Why a change is not a correction of this kind, in words; empty when it is."""
    if kind not in change.kinds:
        if kind == CorrectionKind.VOID:
            return _(
                "Please remove the question from the quiz first: a void question is not asked."
            )
        return _(
            "This question is not graded by the hub, so nothing can be regraded. Please remove it "
            "and write a new one if it asks something else now."
        )
    if kind == CorrectionKind.TYPO and not is_graded_alike(change.before, change.after or {}):
        return _(
            "This is more than a typo: other answers are right now, or there are other answers or "
            "other points. Please choose another kind."
        )
    return ""


def propose_correction(
    *, draft: Any, change: ChangedQuestion, kind: CorrectionKind, by: User, note: str = ""
) -> Correction:
    """Say what kind of correction a change is; it waits for a second person.

    An earlier proposal for the same question that is not in force is replaced. The same proposal
    again changes nothing. Raises ``ValidationError`` for a kind that does not fit.
    """
    if message := refusal(change, kind):
        raise ValidationError(message)
    values = {
        "kind": kind,
        "note": note.strip(),
        "before_sha256": fingerprint(change.before),
        "after_sha256": fingerprint(change.after) if change.after else "",
        "proposed_by": by,
    }
    with transaction.atomic():
        earlier = (
            Correction.objects.select_for_update()
            .filter(unit_key=draft.translation_key, question_id=change.question_id, status__in=OPEN)
            .first()
        )
        if earlier is not None:
            if all(getattr(earlier, name) == value for name, value in values.items()):
                return earlier
            earlier.status = CorrectionStatus.REPLACED
            earlier.save(update_fields=["status"])
        correction = Correction.objects.create(
            unit_key=draft.translation_key,
            question_id=change.question_id,
            before_id=change.version,
            after=change.after,
            **values,
        )
        _log(correction, draft, "courses.correction_proposed", by)
    return correction


def preview(*, draft: Any, change: ChangedQuestion, kind: CorrectionKind) -> Effect:
    """What a correction would do if it were in force now; changes nothing.

    Attempts are read one after the other; the number of queries does not depend on them.
    """
    planned = Correction(
        unit_key=draft.translation_key,
        question_id=change.question_id,
        kind=kind,
        before=ContentVersion.objects.defer("content").get(pk=change.version),
        after=change.after,
    )
    attempts = _attempts_concerned(planned)
    recounter = Recounter([*_others_in_force(planned), planned])
    better, passing, asked = set(), set(), set()
    for taken in stream(_with_completion(attempts)):
        attempt: Any = taken.attempt
        asked.add(attempt.enrolment_user)
        result = recounter.result(taken)
        if result != taken.before:
            better.add(attempt.enrolment_user)
        if result.is_passed and not attempt.has_completion:
            passing.add(attempt.enrolment_user)
    return Effect(asked=len(asked), better=len(better), now_pass=len(passing))


def _attempts_concerned(correction: Correction) -> QuerySet[Attempt]:
    return Attempt.objects.graded().that_asked(correction.unit_key, correction.question_id)


def _with_completion(attempts: QuerySet[Attempt]) -> QuerySet[Any]:
    return attempts.annotate(
        enrolment_user=F("enrolment__user"),
        has_completion=Exists(
            Completion.objects.filter(
                enrolment=OuterRef("enrolment"), activity_key=OuterRef("activity_key")
            )
        ),
    )


def _others_in_force(correction: Correction) -> list[Correction]:
    """The corrections that attempts may have to be recounted by along with this one.

    A question of the bank is asked beside the questions of any quiz.
    """
    found = Correction.objects.all()
    if correction.unit_key != correction.question_id:
        found = found.filter(Q(unit_key=correction.unit_key) | Q(unit_key=F("question_id")))
    return in_force(found)


def approve_correction(*, correction: Correction, by: User, draft: Any) -> Correction:
    """Approve what another person proposed; a second call changes nothing.

    ``draft`` is the unit's latest draft: it must still say what was proposed. What is void is in
    force at once when the question is not asked any more. Raises ``ValidationError``.
    """
    with transaction.atomic():
        locked = Correction.objects.select_for_update().get(pk=correction.pk)
        if locked.status in (CorrectionStatus.APPROVED, CorrectionStatus.LIVE):
            return locked
        if locked.status != CorrectionStatus.PROPOSED:
            raise ValidationError(_("This correction was declined or replaced meanwhile."))
        if locked.proposed_by_id == by.pk:
            raise ValidationError(
                _("You have proposed this correction yourself. Please ask a second person.")
            )
        if not any(change.is_met_by(locked) for change in changed_questions(draft)):
            raise ValidationError(
                _(
                    "The question was changed again since this was proposed. Please have the "
                    "correction proposed anew."
                )
            )
        locked.status = CorrectionStatus.APPROVED
        locked.decided_by, locked.decided_at = by, timezone.now()
        locked.save(update_fields=["status", "decided_by", "decided_at"])
        _log(locked, draft, "courses.correction_approved", by)
        if locked.is_void:
            version = _version_now(locked)
            asked = questions_in(locked.unit_key, version.content) if draft.live else {}
            if locked.question_id not in asked:
                _bring_into_force([locked], version)
    return locked


def _version_now(correction: Correction) -> ContentVersion:
    return ContentVersion.objects.filter(
        unit_key=correction.unit_key, language=correction.before.language
    ).latest("number")


def decline_correction(*, correction: Correction, by: User, draft: Any, reply: str = "") -> None:
    """Decline a correction that is not in force, also one's own; a second call changes nothing."""
    with transaction.atomic():
        locked = Correction.objects.select_for_update().get(pk=correction.pk)
        if locked.status not in OPEN:
            return
        locked.status = CorrectionStatus.DECLINED
        locked.decided_by, locked.decided_at, locked.reply = by, timezone.now(), reply.strip()
        locked.save(update_fields=["status", "decided_by", "decided_at", "reply"])
        _log(locked, draft, "courses.correction_declined", by)


def _log(correction: Correction, unit: Any, action: str, by: User) -> None:
    log(
        unit,
        action,
        user=by,
        data={
            "correction": str(correction.uuid),
            "question": str(correction.question_id),
            "kind": correction.kind,
        },
    )


def bring_into_force(version: ContentVersion) -> None:
    """Called when a text went live: what was approved for it counts from now on.

    Proposals for changes that the new text does not have are replaced. Safe to repeat.
    """
    with transaction.atomic():
        waiting = list(
            Correction.objects.select_for_update(of=("self",))
            .select_related("before")
            .defer("before__content")
            .filter(unit_key=version.unit_key, status__in=OPEN)
        )
        waiting = [c for c in waiting if c.before.language == version.language]
        if not waiting:
            return
        now = questions_in(version.unit_key, version.content)
        met = [c for c in waiting if _is_met(c, now)]
        _bring_into_force([c for c in met if c.status == CorrectionStatus.APPROVED], version)
        Correction.objects.filter(pk__in=[c.pk for c in waiting if c not in met]).update(
            status=CorrectionStatus.REPLACED
        )


def _is_met(correction: Correction, now: dict[UUID, Stored]) -> bool:
    stored = now.get(correction.question_id)
    if correction.is_void or stored is None:
        return correction.is_void and stored is None
    return fingerprint(stored) == correction.after_sha256


def _bring_into_force(corrections: Iterable[Correction], version: ContentVersion) -> None:
    for correction in corrections:
        correction.status = CorrectionStatus.LIVE
        correction.after_version = version
        correction.in_force_at = timezone.now()
        correction.save(update_fields=["status", "after_version", "in_force_at"])
        # What fails here is taken up by the command; the text is public all the same.
        transaction.on_commit(partial(_apply_if_few, correction.pk), robust=True)


def _apply_if_few(correction_pk: int) -> None:
    correction = Correction.objects.get(pk=correction_pk)
    if _attempts_concerned(correction)[: AT_ONCE + 1].count() <= AT_ONCE:
        apply_correction(correction=correction)


def unfinished() -> QuerySet[Correction]:
    """The corrections in force that not all attempts were regraded by."""
    return Correction.objects.filter(
        status=CorrectionStatus.LIVE, finished_at__isnull=True
    ).order_by("in_force_at", "pk")


def apply_correction(*, correction: Correction) -> int:
    """Regrade the attempts a correction in force concerns; returns how many it has regraded.

    In chunks, each in a transaction of its own. Stopped in the middle, it goes on where it was when
    called again; nothing is done twice.
    """
    _wait_for_grades(correction)
    done, last = 0, 0
    while True:
        with transaction.atomic():
            locked = Correction.objects.select_for_update().get(pk=correction.pk)
            if locked.finished_at is not None:
                return done
            pks = list(
                _attempts_concerned(locked)
                .filter(
                    ~Exists(Regrading.objects.filter(attempt=OuterRef("pk"), correction=locked)),
                    pk__gt=last,
                )
                .order_by("pk")
                .values_list("pk", flat=True)[:CHUNK]
            )
            if not pks:
                _finish(locked)
                return done
            done += _regrade_chunk(locked, pks)
            last = pks[-1]


def _wait_for_grades(correction: Correction) -> None:
    """Wait for what is graded at this moment.

    What is graded later finds the correction in force (``regrade_graded``).
    """
    attempts = Attempt.objects.filter(graded_at__isnull=True).that_asked(
        correction.unit_key, correction.question_id
    )
    with transaction.atomic():
        list(attempts.select_for_update().order_by("pk").values_list("pk"))


def _regrade_chunk(correction: Correction, pks: list[int]) -> int:
    attempts = Attempt.objects.filter(pk__in=pks)
    recounter = Recounter(_others_in_force(correction))
    regraded = [
        (taken, recounter.result(taken))
        for taken in list(stream(attempts))
        if correction in recounter.concerning(taken.attempt, correction.question_id)
    ]
    _write(correction, regraded)
    return len(regraded)


def _write(correction: Correction, regraded: list[tuple[Taken, Result]]) -> None:
    """Write regradings, tell whom they are better for, complete what is passed now."""
    rows = Regrading.objects.bulk_create(
        regrading(taken, result, correction) for taken, result in regraded
    )
    better = [row for row in rows if row.is_better]
    users = dict(
        Attempt.objects.filter(pk__in=[row.attempt_id for row in better]).values_list(
            "pk", "enrolment__user"
        )
    )
    CorrectionNotice.objects.bulk_create(
        CorrectionNotice(user_id=users[row.attempt_id], regrading=row) for row in better
    )
    for taken, result in regraded:
        if result.is_passed and not taken.before.is_passed:
            _complete(taken.attempt, correction)


def _complete(attempt: Attempt, correction: Correction) -> None:
    page = original(attempt.activity_key)
    if page is not None:  # of a quiz that is deleted, nothing can be completed any more
        complete_activity(
            enrolment=attempt.enrolment,
            page=page,
            version=attempt.content_version,
            source=CompletionSource.CORRECTION,
            actor=correction.decided_by,
            reason=str(correction.uuid),
        )


def _finish(correction: Correction) -> None:
    correction.finished_at = timezone.now()
    correction.better_count = _people(correction.regradings.filter(is_better=True))
    correction.passed_count = (
        Completion.objects.filter(source=CompletionSource.CORRECTION, reason=str(correction.uuid))
        .values("enrolment__user")
        .distinct()
        .count()
    )
    correction.save(update_fields=["finished_at", "better_count", "passed_count"])


def _people(regradings: QuerySet[Regrading]) -> int:
    return regradings.values("attempt__enrolment__user").distinct().count()


@dataclass(frozen=True)
class Notice:
    """What a person is told about one result that has become better."""

    uuid: UUID
    attempt: UUID
    title: str
    is_passed: bool
    note: str


def notices_for(user: User | AnonymousUser, *, activity_key: UUID | None = None) -> list[Notice]:
    """What a person has not read yet, of one quiz or of all; one query."""
    rows = CorrectionNotice.objects.filter(user=user.pk).select_related(
        "regrading__correction", "regrading__attempt__content_version"
    )
    if activity_key is not None:
        rows = rows.filter(regrading__attempt__activity_key=activity_key)
    rows = rows.defer("regrading__attempt__content_version__content", "regrading__attempt__drawn")
    return [
        Notice(
            uuid=row.uuid,
            attempt=row.regrading.attempt.uuid,
            title=row.regrading.attempt.content_version.title,
            # Who had passed before need not be told.
            is_passed=row.regrading.is_passed and not row.regrading.attempt.is_passed,
            note=row.regrading.correction.note,
        )
        for row in rows
    ]


def mark_as_read(*, user: User | AnonymousUser, notice: UUID) -> None:
    """The person has read it and is not told again; a second call changes nothing."""
    CorrectionNotice.objects.filter(user=user.pk, uuid=notice).delete()
