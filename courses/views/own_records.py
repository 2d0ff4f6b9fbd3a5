"""Weitere Nachweise of the person herself: hand in, see what became of it, take it back."""

from __future__ import annotations

from pathlib import PurePath
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses.actions import submit_learning, withdraw_submission
from courses.documents import CONTENT_TYPES
from courses.external_learning import with_document
from courses.learning_forms import SubmitForm, offered_courses
from courses.models import ExternalLearning
from courses.permissions import learner_membership


@login_required
def own_records(request: HttpRequest) -> HttpResponse:
    """The person's further records, and a form to hand one in."""
    membership = learner_membership(request)
    form = SubmitForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            submit_learning(membership=membership, facts=form.facts, document=form.document_given)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("Your record is handed in. %(hr)s decides about it.")
                % {"hr": membership.organisation.hr_label},
            )
            return redirect("courses:own_records")
    titles = dict(offered_courses())
    records = list(
        ExternalLearning.objects.of(request.user)
        .select_related("membership__user", "decided_by", "credited_to__course_version")
        .defer("credited_to__course_version__content")
    )
    for record in records:
        record.course_title = titles.get(str(record.course_key), "")
    return render(
        request,
        "courses/own_records.html",
        {"form": form, "records": records, "organisation": membership.organisation},
        status=422 if form.is_bound else 200,
    )


@login_required
def withdraw(request: HttpRequest, record: UUID) -> HttpResponse:
    """Take back what waits; a stranger's record does not exist.

    Whose session ended meanwhile comes back by GET and finds the button again.
    """
    user = learner_membership(request).user
    own = get_object_or_404(ExternalLearning.objects.of(user), uuid=record)
    if request.method != "POST":
        messages.info(request, _("You are signed in again. Please press the button once more."))
        return redirect("courses:own_records")
    try:
        withdraw_submission(record=own, person=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The record is taken back, and your document is deleted."))
    return redirect("courses:own_records")


@login_required
@require_safe
def document(request: HttpRequest, record: UUID) -> HttpResponseBase:
    """The document of a record, to save: for the person and for who decides upon it."""
    found = with_document(request.user, record)
    if found is None:
        raise Http404
    try:
        file = found.document.open("rb")
    except OSError as error:
        raise Http404 from error
    ending = PurePath(found.document.name).suffix
    response = FileResponse(
        file,
        as_attachment=True,
        filename=found.document_name,
        content_type=CONTENT_TYPES.get(ending, "application/octet-stream"),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
