"""Mein Lernen: what is due first, how far, and what is done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from courses.corrections import mark_as_read, notices_for
from courses.evidence_marks import marks_of
from courses.forms import OwnSettingsForm
from courses.models import Enrolment, OwnSettings
from courses.permissions import learner_membership
from courses.progress import courses_on_desk, marked_results
from hub.organisations.merging.actions import mark_as_told
from hub.organisations.models import AccountMerge


@login_required
def my_learning(request: HttpRequest) -> HttpResponse:
    """The person's own courses, what is due first at the top."""
    membership = learner_membership(request)
    desk = courses_on_desk(request.user)
    return render(
        request,
        "courses/my_learning.html",
        {
            "membership": membership,
            "new_results": marked_results(request.user),
            "correction_notices": notices_for(request.user),
            "account_merges": AccountMerge.objects.untold(request.user.pk),
            "open_courses": [course for course in desk if course.is_to_do],
            "finished_courses": [course for course in desk if not course.is_to_do],
        },
    )


@login_required
def own_settings(request: HttpRequest) -> HttpResponse:
    """The person's own settings; nobody else can look them up."""
    user = learner_membership(request).user
    back = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("courses:my_learning")
    form = OwnSettingsForm(request.POST or None, instance=OwnSettings.objects.of(user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your settings are saved. Only you can see them."))
        return redirect(back)
    return render(request, "courses/own_settings.html", {"form": form, "back": back})


@login_required
def finished(request: HttpRequest, enrolment: UUID) -> HttpResponse:
    """Congratulations, and what to do with the evidence."""
    own = get_object_or_404(
        Enrolment.objects.completed()
        .select_related("course_version")
        .defer("course_version__content"),
        uuid=enrolment,
        user=request.user,
    )
    return render(request, "courses/finished.html", {"enrolment": own, "marks": marks_of(own)})


@login_required
@require_POST
def correction_read(request: HttpRequest, notice: UUID) -> HttpResponse:
    """The person has read that a result has become better; a stranger's notice does not exist."""
    mark_as_read(user=request.user, notice=notice)
    return redirect("courses:my_learning")


@login_required
@require_POST
def merge_read(request: HttpRequest, merge: UUID) -> HttpResponse:
    """The person has read that her accounts were merged; a stranger's merge does not exist."""
    mark_as_told(user=request.user, merge=merge)
    return redirect("courses:my_learning")
