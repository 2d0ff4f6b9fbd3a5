"""Which content versions evidence refers to, and who may therefore open them as they were."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

from .completion_list import PERMISSION
from .models import (
    Attempt,
    BankQuestion,
    Completion,
    ContentVersion,
    CourseIndexPage,
    CoursePage,
    Enrolment,
)
from .permissions import may_edit_bank
from .readers import Reader

if TYPE_CHECKING:
    from wagtail.query import PageQuerySet


def readable(user: User | AnonymousUser, unit: ContentVersion) -> tuple[Reader, QuerySet] | None:
    """As whom a person may read versions of the unit of ``unit``, and which of them.

    Editors of its page read all; who may edit courses at all where its page is gone; HR of an
    authority what the completions of its people cite; and everybody what her own completions,
    attempts and courses cite. The ways are tried in this order. ``None`` where ``unit`` itself is
    not among them. Queries do not grow with people, versions or pages.
    """
    if not user.is_authenticated:
        return None
    versions = ContentVersion.objects.filter(unit_key=unit.unit_key, language=unit.language)
    if _may_edit(user, unit):
        return Reader.EDITOR, versions
    if unit.unit_type == BankQuestion._meta.label_lower:
        return None  # a question of the bank shows its answers: it is for editors only
    organisations = organisations_where(user, PERMISSION)
    if organisations:
        cited = versions.filter(_cited_by(Enrolment.objects.in_organisations(organisations)))
        if cited.filter(pk=unit.pk).exists():
            return Reader.HR, cited
    own = Enrolment.objects.filter(user=user)
    attempts = Attempt.objects.filter(enrolment__user=user, content_version=OuterRef("pk"))
    cited = versions.filter(_cited_by(own) | Q(Exists(attempts)))
    return (Reader.LEARNER, cited) if cited.filter(pk=unit.pk).exists() else None


def cited_for(
    organisations: Iterable[Organisation], *, until: datetime
) -> QuerySet[ContentVersion]:
    """The versions that what people of the authorities completed before ``until`` cites.

    In a stable order. What was learnt after a course was completed is not part of it.
    """
    enrolments = Enrolment.objects.in_organisations(organisations).filter(completed_at__lt=until)
    return ContentVersion.objects.filter(_cited_by(enrolments, only_completed=True)).order_by(
        "title", "language", "number", "uuid"
    )


def _cited_by(enrolments: QuerySet[Enrolment], *, only_completed: bool = False) -> Q:
    """Versions of courses that were completed, and of what was completed in them."""
    completions = Completion.objects.filter(
        enrolment__in=enrolments.order_by().values("pk"), content_version=OuterRef("pk")
    )
    if only_completed:
        completions = completions.filter(completed_at__lte=F("enrolment__completed_at"))
    courses = enrolments.order_by().filter(course_version=OuterRef("pk"))
    return Q(Exists(courses)) | Q(Exists(completions))


def _may_edit(user: User, unit: ContentVersion) -> bool:
    if unit.unit_type == BankQuestion._meta.label_lower:
        return may_edit_bank(user)
    editable: PageQuerySet = PagePermissionPolicy().instances_user_has_permission_for(
        user, "change"
    )
    pages = Page.objects.filter(translation_key=unit.unit_key)
    if editable.filter(pk__in=pages.values("pk")).exists():
        return True
    return not pages.exists() and editable.type(CourseIndexPage, CoursePage).exists()


def cited_by_enrolment(enrolment_pk: int) -> dict[str, UUID]:
    """The versions that a certificate of an enrolment cites, by their checksums; one query.

    A refresher cites what the cycles before it cover.
    """
    this = Enrolment.objects.filter(pk=enrolment_pk)
    enrolments = Enrolment.objects.filter(
        user__in=this.values("user"),
        course_key__in=this.values("course_key"),
        cycle__lte=Subquery(this.values("cycle")),
    )
    return dict(ContentVersion.objects.filter(_cited_by(enrolments)).values_list("sha256", "uuid"))
