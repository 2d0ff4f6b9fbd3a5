"""Who may do what with courses and what was learnt in them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from wagtail.models import Page
from wagtail.permissions import ModelPermissionPolicy

from courses.activities import originals_of
from courses.models import ActivityMixin, BankQuestion, QuizPage
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


def may_propose_corrections(user: User | AnonymousUser, quiz: QuizPage) -> bool:
    """Whether a person may say what kind of correction a change is: who may edit the quiz."""
    return bool(quiz.permissions_for_user(user).can_edit())


def may_approve_corrections(user: User | AnonymousUser, quiz: QuizPage) -> bool:
    """Whether a person may approve what another one proposed: who may publish the quiz."""
    return bool(quiz.permissions_for_user(user).can_publish())


def may_edit_bank(user: User | AnonymousUser) -> bool:
    """Whether a person may change questions of the bank, and so see how they do."""
    return bool(ModelPermissionPolicy(BankQuestion).user_has_permission(user, "change"))
