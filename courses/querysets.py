"""Reusable questions to the database, in the words of the field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    TextField,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce, RowNumber
from django.utils.timezone import localdate

from hub.organisations.told import told_to

from .enums import (
    CorrectionKind,
    CorrectionStatus,
    EnrolmentStatus,
    LearningState,
    RequirementKind,
)

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from hub.organisations.models import Organisation


#: ``Enrolment.refresher_due_on`` of a proof.
REFRESHER_DUE = Coalesce("refresh_on", "expires_on")


class EnrolmentQuerySet(models.QuerySet):
    """Enrolments, asked for as HR and learners speak of them."""

    def in_organisations(self, organisations: Iterable[Organisation]) -> EnrolmentQuerySet:
        """Those of people who were enrolled for one of the authorities, as far as it is told.

        Of who has left it is what was completed while she worked there, and that for a while: see
        ``told_to`` and ``while_employed``.
        """
        return self.filter(told_to(organisations, "membership")).while_employed()

    def while_employed(self) -> EnrolmentQuerySet:
        """Those under an employment that holds, or completed by its last day.

        What is open when somebody leaves is no longer the authority's: it goes along, and whether
        and where it is learnt would tell what becomes of her.
        """
        return self.filter(
            Q(membership__ends_on__isnull=True)
            | Q(membership__ends_on__gte=localdate())
            | Q(completed_at__date__lte=F("membership__ends_on"))
        )

    def of_outer_authority(self) -> EnrolmentQuerySet:
        """For a subquery: those that the authority of the outer row is told of."""
        return self.filter(
            membership__organisation=OuterRef("membership__organisation")
        ).while_employed()

    def for_course(self, course_key: UUID) -> EnrolmentQuerySet:
        return self.filter(course_key=course_key)

    def later_than_outer(self) -> EnrolmentQuerySet:
        """For a subquery: the later cycles of the outer row's person and course."""
        return self.filter(
            user=OuterRef("user"), course_key=OuterRef("course_key"), cycle__gt=OuterRef("cycle")
        )

    def earlier_than_outer(self) -> EnrolmentQuerySet:
        """For a subquery: the earlier cycles of the outer row's person and course."""
        return self.filter(
            user=OuterRef("user"), course_key=OuterRef("course_key"), cycle__lt=OuterRef("cycle")
        )

    def current(self) -> EnrolmentQuerySet:
        """Only the latest cycle of each person and course."""
        return self.filter(~Exists(self.model._default_manager.later_than_outer()))

    def completed(self) -> EnrolmentQuerySet:
        return self.filter(status=EnrolmentStatus.COMPLETED)

    def to_refresh_by(self, day: date) -> EnrolmentQuerySet:
        """Proofs whose refresher is due by a day, or was, and is not open or done."""
        proofs = self.current().completed()
        return proofs.alias(refresher_due=REFRESHER_DUE).filter(refresher_due__lte=day)

    def refreshers_not_begun(self) -> EnrolmentQuerySet:
        """Open refreshers by difference of which nothing is done yet."""
        attempts = self.model._meta.get_field("attempts").related_model
        return self.filter(
            ~Exists(attempts.objects.filter(enrolment=OuterRef("pk"))),
            status=EnrolmentStatus.ENROLLED,
            scope__isnull=False,
        )

    def open(self) -> EnrolmentQuerySet:
        return self.exclude(status=EnrolmentStatus.COMPLETED)

    def overdue(self, on: date) -> EnrolmentQuerySet:
        """Open after their deadline."""
        return self.open().filter(due_on__lt=on)

    def expired(self, on: date) -> EnrolmentQuerySet:
        """Completed, but no longer valid on a day."""
        return self.completed().filter(expires_on__lt=on)

    def due_first(self) -> EnrolmentQuerySet:
        """What to do first: open before completed, then what is due first, then mandatory."""
        return self.annotate(
            _done=Case(When(status=EnrolmentStatus.COMPLETED, then=1), default=0),
            _optional=Case(When(kind=RequirementKind.MANDATORY, then=0), default=1),
        ).order_by("_done", F("due_on").asc(nulls_last=True), "_optional", "enrolled_at", "pk")


class ExternalLearningQuerySet(models.QuerySet):
    """Records of learning elsewhere."""

    def in_organisations(self, organisations: Iterable[Organisation]) -> ExternalLearningQuerySet:
        """Those of people of the authorities; of who has left for a while, see ``told_to``."""
        return self.filter(told_to(organisations, "membership"))

    def of(self, user: AbstractBaseUser | AnonymousUser) -> ExternalLearningQuerySet:
        """Those of a person, at whatever authority she worked then."""
        return self.filter(membership__user=user.pk)

    def waiting(self) -> ExternalLearningQuerySet:
        """Those that nobody has decided upon, the oldest first."""
        return self.filter(state=LearningState.SUBMITTED).order_by("recorded_at", "pk")

    def standing(self) -> ExternalLearningQuerySet:
        """Those that wait or count; there is one of a training only."""
        return self.filter(state__in=[LearningState.SUBMITTED, LearningState.ACCEPTED])


class BankQuestionQuerySet(models.QuerySet):
    """Questions of the bank, asked for as editors speak of them."""

    def askable(self) -> BankQuestionQuerySet:
        """Those that a quiz may ask: published, with the version that was frozen then."""
        return self.filter(live=True, version__isnull=False)

    def offered(self) -> BankQuestionQuerySet:
        """Those that may be chosen and drawn: published and not retired."""
        return self.askable().filter(is_retired=False)

    def locked(self, key: UUID) -> BankQuestionQuerySet:
        """A question in every language, its rows locked until the transaction ends."""
        return self.select_for_update().filter(translation_key=key).order_by("pk")

    def retired(self) -> BankQuestionQuerySet:
        return self.filter(is_retired=True)

    def review_due(self, on: date) -> BankQuestionQuerySet:
        """In use, and due to be read again by a day."""
        return self.filter(is_retired=False, review_on__lte=on)

    def matching(self, words: str) -> BankQuestionQuerySet:
        """Those whose name or text holds every word, whatever its case."""
        found = self
        for word in words.casefold().split():
            found = found.filter(search_text__contains=word)
        return found

    def tagged_with(self, slugs: Iterable[str]) -> BankQuestionQuerySet:
        """Those that have all keywords."""
        found = self
        for slug in slugs:
            found = found.filter(
                pk__in=self.model.tags.through.objects.filter(tag__slug=slug).values(
                    "content_object"
                )
            )
        return found


class AttemptQuerySet(models.QuerySet):
    """Attempts at quizzes."""

    def submitted(self) -> AttemptQuerySet:
        return self.filter(submitted_at__isnull=False)

    def graded(self) -> AttemptQuerySet:
        """Those with a result; where a person still has to mark free texts there is none yet."""
        return self.filter(graded_at__isnull=False)

    def first_of_each_person(self) -> AttemptQuerySet:
        """Of those submitted, the first of each person at each quiz, in whatever cycle it was."""
        earlier = Window(
            RowNumber(),
            partition_by=[F("enrolment__user"), F("activity_key")],
            order_by=[F("submitted_at").asc(), F("pk").asc()],
        )
        firsts = self.submitted().order_by().annotate(nth_of_person=earlier)
        return self.model._default_manager.filter(
            pk__in=firsts.filter(nth_of_person=1).values("pk")
        )

    def answered(self) -> AttemptQuerySet:
        """Those with an answer at all; they go by retention before the result does."""
        responses = self.model._meta.get_field("responses").related_model
        given = responses.objects.filter(attempt=OuterRef("pk")).exclude(answer={})
        return self.filter(Exists(given))

    def graded_before(self, moment: datetime) -> AttemptQuerySet:
        """Those whose result was there at a moment, in the order in which they got it."""
        return self.filter(graded_at__lt=moment).order_by("graded_at", "pk")

    def that_drew(self, question_id: UUID) -> AttemptQuerySet:
        """Those that asked a question, whether it was answered or not."""
        # No database compares lists of objects as another does; a uuid is found as a text.
        return self.with_drawn_text().filter(drew(question_id))

    def with_drawn_text(self) -> AttemptQuerySet:
        return self.alias(drawn_text=Cast("drawn", TextField()))

    def that_asked(self, unit_key: UUID, question_id: UUID) -> AttemptQuerySet:
        """Those that asked a question of a unit: a copied quiz has questions of the same ids.

        A question of the bank is its own unit, whatever quiz asked it.
        """
        attempts = self.that_drew(question_id)
        return attempts if question_id == unit_key else attempts.filter(activity_key=unit_key)

    def with_counted(self) -> AttemptQuerySet:
        """Reads along what ``Attempt.counted`` needs, in one query for all of them."""
        regradings = self.model._meta.get_field("regradings").related_model
        return self.prefetch_related(
            Prefetch("regradings", regradings.objects.select_related("correction"))
        )


class CorrectionQuerySet(models.QuerySet):
    """Corrections of questions that people have answered."""

    def open(self) -> CorrectionQuerySet:
        """Those that are not decided upon, or not public yet."""
        return self.filter(status__in=[CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED])

    def approved(self) -> CorrectionQuerySet:
        """Those that wait for the publication of their text."""
        return self.filter(status=CorrectionStatus.APPROVED)

    def in_force(self) -> CorrectionQuerySet:
        return self.filter(status=CorrectionStatus.LIVE)

    def void(self) -> CorrectionQuerySet:
        return self.filter(kind=CorrectionKind.VOID)


def drew(question_id: UUID) -> Q:
    """The condition that an attempt, with ``drawn`` cast to ``drawn_text``, asked a question."""
    return Q(drawn_text__contains=str(question_id))
