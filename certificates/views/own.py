"""The own certificates."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from certificates import actions
from certificates.models import Certificate
from certificates.payload import Payload
from certificates.wording import how_made


def _own(request: HttpRequest, certificate: UUID) -> Certificate:
    """The certificate of the person who asks; anybody else's does not exist for her."""
    return get_object_or_404(
        Certificate.objects.select_related("replaced_by", "enrolment__user"),
        uuid=certificate,
        enrolment__user=request.user,
    )


@login_required
@require_GET
def certificate(request: HttpRequest, certificate: UUID) -> HttpResponse:
    """The certificate as a page: the same facts as the PDF, for every screen and reader."""
    own = _own(request, certificate)
    payload = Payload.from_json(own.payload)
    return render(
        request,
        "certificates/certificate.html",
        {"certificate": own, "payload": payload, "how_made": how_made(payload)},
    )


@login_required
@require_GET
def pdf(request: HttpRequest, certificate: UUID) -> HttpResponse:
    """The PDF, for the person herself only."""
    own = _own(request, certificate)
    try:
        content = actions.certificate_pdf(certificate=own)
    except actions.NoPDFError:
        # The page is the certificate, too, and says that there is no PDF.
        return redirect("certificates:certificate", own.uuid)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{own.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def new_name(request: HttpRequest, certificate: UUID) -> HttpResponse:
    """Issue the certificate with the name of today, which HR has entered (GDPR Art. 16).

    Pressed twice, or with the name unchanged, it leads to the certificate that holds.
    """
    own = _own(request, certificate)
    holds = own.replaced_by or own
    if own.has_old_name:
        holds = actions.reissue_certificate(certificate=own, actor=own.enrolment.user)
        messages.success(request, _("Here is your certificate with your new name."))
    return redirect("certificates:certificate", holds.uuid)
