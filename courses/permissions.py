"""Who may do what with courses and what was learnt in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.models import Page
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.permissions import ModelPermissionPolicy

from courses.activities import originals_of
from courses.models import ActivityMixin, BankQuestion, QuestionReport, QuizPage
from courses.question_reports import may_see_reports, reports_of
from hub.organisations.models import Membership, User
from hub.organisations.permissions import active_membership


class NoMembership(PermissionDenied):
    """A signed-in person who works for no authority today asks for something to learn."""


def learner_membership(request: HttpRequest) -> Membership:
    """The membership a person learns under; raises ``NoMembership`` (403 with an explanation)."""
    membership = active_membership(request.user)
    if membership is None:
        raise NoMembership
    return membership


def require_accessible(page: Page, request: HttpRequest) -> None:
    """Hold a page's live state and restrictions for a view that is not the page's own.

    Wagtail applies them only when it serves the page itself. Raises ``Http404``.
    """
    if not is_accessible(page, request):
        raise Http404


def require_learnable(page: ActivityMixin, request: HttpRequest) -> None:
    """Hold that an activity can be learnt: it and its course are public, in whatever language.

    A translation goes with its original. Raises ``Http404``.
    """
    course = page.course
    for public in (page, course, *originals_of([course]).values()):
        require_accessible(public, request)


def is_accessible(page: Page, request: HttpRequest) -> bool:
    """Whether a page is live and none of its restrictions keeps the person out."""
    return page.live and all(
        restriction.accept_request(request) for restriction in page.get_view_restrictions()
    )


def may_propose_corrections(user: User | AnonymousUser, unit: QuizPage | BankQuestion) -> bool:
    """Whether a person may say what kind of correction a change is: who may edit the unit."""
    if isinstance(unit, BankQuestion):
        return _may(user, "change")
    return bool(unit.permissions_for_user(user).can_edit())


def may_approve_corrections(user: User | AnonymousUser, unit: QuizPage | BankQuestion) -> bool:
    """Whether a person may approve what another one proposed: who may publish the unit."""
    if isinstance(unit, BankQuestion):
        return _may(user, "publish")
    return bool(unit.permissions_for_user(user).can_publish())


def may_approve_any_correction(user: User | AnonymousUser) -> bool:
    """Whether there may be corrections for a person to approve."""
    return bool(user_has_any_page_permission(user)) or _may(user, "publish")


def may_edit_bank(user: User | AnonymousUser) -> bool:
    """Whether a person may change questions of the bank, and so see how they do."""
    return _may(user, "change")


def _may(user: User | AnonymousUser, action: str) -> bool:
    """What a person may do with the bank, which all authorities share."""
    return bool(ModelPermissionPolicy(BankQuestion).user_has_permission(user, action))


class QuestionReportPermissionPolicy(BasePermissionPolicy):
    """Who may edit a quiz, or the bank its question is from, sees what was reported and closes it.

    Nobody adds, changes or deletes a report in the administration.
    """

    def __init__(self) -> None:
        super().__init__(QuestionReport)

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and may_see_reports(user)

    def user_has_any_permission(self, user: Any, actions: Iterable[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return action == "view" and reports_of(user).filter(pk=instance.pk).exists()

    def instances_user_has_any_permission_for(
        self, user: Any, actions: Iterable[str]
    ) -> QuerySet[QuestionReport]:
        return reports_of(user) if "view" in actions else QuestionReport.objects.none()
