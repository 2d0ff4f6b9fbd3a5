"""Handing out the pictures and documents of content versions."""

from __future__ import annotations

import mimetypes

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from courses.models import FrozenFile
from hub.organisations.permissions import active_membership

#: What a page may show as a picture; anything else is a document to download.
PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/svg+xml", "image/webp"})


@login_required
@require_GET
def frozen_file(request: HttpRequest, sha256: str) -> FileResponse:
    """A file as a content version shows it, for everybody who may learn or edits.

    Its address is its checksum: nobody finds it who has not seen a version with it.
    """
    may_edit = request.user.has_perm("wagtailadmin.access_admin")
    if active_membership(request.user) is None and not may_edit:
        raise Http404
    kept = get_object_or_404(FrozenFile, sha256=sha256)
    content_type = mimetypes.guess_type(kept.file.name)[0] or "application/octet-stream"
    response = FileResponse(
        kept.file.open("rb"),
        as_attachment=content_type not in PICTURES,
        filename=kept.name,
        content_type=content_type,
    )
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
