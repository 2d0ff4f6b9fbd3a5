"""Fehler melden: a learner reports a faulty question, editors close the report."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.permission_policies.pages import PagePermissionPolicy

from hub.organisations.models import User

from .enums import ReportKind, ReportStatus
from .models import Attempt, CourseIndexPage, QuestionReport, QuizPage
from .quizzing import question_set

CLOSE, REOPEN = "courses.close_question_report", "courses.reopen_question_report"
#: Reports that one person may send in a day.
PER_DAY = 20
CHANGE_BANK = "courses.change_bankquestion"


def may_see_reports(user: User | AnonymousUser) -> bool:
    """Whether a person may edit any page or the bank, and so may have reports to look at."""
    return bool(
        PagePermissionPolicy().user_has_permission(user, "change") or user.has_perm(CHANGE_BANK)
    )


def reports_of(user: User | AnonymousUser) -> QuerySet[QuestionReport]:
    """The reports a person may see: those of quizzes she may edit, in the language she may edit.

    Who may edit the bank sees those of its questions, too. When a quiz is gone, who may edit the
    catalogue it was in takes its place.
    """
    if user.is_superuser:
        return QuestionReport.objects.all()
    may_edit = PagePermissionPolicy().instances_user_has_permission_for(user, "change").values("pk")
    in_its_language = {"locale__language_code": OuterRef("version__language")}
    quizzes = QuizPage.objects.filter(translation_key=OuterRef("quiz_key"), **in_its_language)
    catalogues = CourseIndexPage.objects.filter(pk__in=may_edit, **in_its_language)
    own = Q(Exists(quizzes.filter(pk__in=may_edit))) | (~Exists(quizzes) & Exists(catalogues))
    if user.has_perm(CHANGE_BANK):
        own |= Q(version__unit_key=F("question_id"))
    return QuestionReport.objects.filter(own)


def was_reported_today(*, attempt: Attempt, question_id: UUID) -> bool:
    """Whether the person of an attempt has reported this question of its quiz today already."""
    return cache.get(_question_key(attempt, question_id)) is not None


def report_question(
    *, attempt: Attempt, question_id: UUID, kind: ReportKind, text: str, token: UUID
) -> QuestionReport:
    """Tell those who may edit a question that it is faulty, without telling who says so.

    ``attempt`` is the person's own, which showed the question; nothing of it is stored but the
    version of the text. ``token`` becomes the report's uuid: the same one again gives the same
    report. Raises ``ValidationError`` for a question that the attempt does not ask, and when the
    person has reported it today already or has sent ``PER_DAY`` reports.
    """
    if question_id not in question_set(attempt):
        raise ValidationError(_("This question does not belong to the attempt."))
    with transaction.atomic():
        sent = QuestionReport.objects.filter(uuid=token).first()
        if sent is not None:
            return sent
        _spend_allowance(attempt, question_id, token)
        report, _is_new = QuestionReport.objects.get_or_create(
            uuid=token,
            defaults={
                "quiz_key": attempt.activity_key,
                "question_id": question_id,
                "version_id": _version_shown(attempt, question_id),
                "kind": kind,
                "text": text,
            },
        )
    return report


def _version_shown(attempt: Attempt, question_id: UUID) -> int:
    """The primary key of the version that has the text of a question as the attempt asks it."""
    entry = next(entry for entry in attempt.drawn if entry["id"] == str(question_id))
    version: int = entry.get("version", attempt.content_version_id)
    return version


def _key(attempt: Attempt, what: str) -> str:
    """A key for today in the cache; only who knows the installation's secret can make it."""
    value = f"{attempt.enrolment.user.uuid}:{timezone.localdate()}:{what}"
    return salted_hmac("courses.question_reports", value, algorithm="sha256").hexdigest()


def _question_key(attempt: Attempt, question_id: UUID) -> str:
    return _key(attempt, f"{attempt.activity_key}:{question_id}")


def _seconds_left_today() -> int:
    tomorrow = timezone.localdate() + timedelta(days=1)
    midnight = timezone.make_aware(datetime.combine(tomorrow, time.min))
    return int((midnight - timezone.now()).total_seconds()) + 1


def _spend_allowance(attempt: Attempt, question_id: UUID, token: UUID) -> None:
    """Take one report of today's off what a person may send; raises ``ValidationError``.

    What was sent stands in the cache until midnight, under keys that lead to nobody. Who presses
    the button twice has one ``token`` and spends nothing the second time.
    """
    question_key, seconds = _question_key(attempt, question_id), _seconds_left_today()
    if not cache.add(question_key, str(token), seconds):
        if cache.get(question_key) == str(token):
            return
        raise ValidationError(
            _(
                "You have reported this question today already, and the editors see it. If there "
                "is something else, please report it tomorrow."
            )
        )
    # A place for each report instead of a counter: adding is atomic, counting is not everywhere.
    if not any(cache.add(_key(attempt, str(place)), True, seconds) for place in range(PER_DAY)):
        cache.delete(question_key)
        raise ValidationError(
            _("You have sent %(count)d reports today. Please report the next question tomorrow.")
            % {"count": PER_DAY}
        )


def close_report(*, report: QuestionReport, by: User, note: str = "") -> QuestionReport:
    """Say that nothing more is to be done about a report, and why.

    The same person again changes nothing. Raises ``ValidationError`` when somebody else has closed
    it meanwhile.
    """
    with transaction.atomic():
        locked = _locked(report)
        if not locked.is_open:
            if locked.closed_by_id == by.pk:
                return locked
            raise ValidationError(_("Somebody else has closed this report meanwhile."))
        locked.status = ReportStatus.CLOSED
        locked.note = note.strip()
        locked.closed_by, locked.closed_at = by, timezone.now()
        locked.save(update_fields=["status", "note", "closed_by", "closed_at"])
        log(locked, CLOSE, user=by, title=str(locked.get_kind_display()))
    return locked


def reopen_report(*, report: QuestionReport, by: User) -> QuestionReport:
    """Have somebody look at a report again; its note stays. Safe to repeat."""
    with transaction.atomic():
        locked = _locked(report)
        if not locked.is_open:
            locked.status = ReportStatus.OPEN
            locked.closed_by = locked.closed_at = None
            locked.save(update_fields=["status", "closed_by", "closed_at"])
            log(locked, REOPEN, user=by, title=str(locked.get_kind_display()))
    return locked


def _locked(report: QuestionReport) -> QuestionReport:
    return QuestionReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
