"""Answers that belong to no app."""

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.static import serve

from courses.permissions import NoMembership


def media(request: HttpRequest, path: str) -> FileResponse:
    """Pictures and logos of the editors, so that the hub needs no second server.

    An SVG opened on its own address could run scripts; the policy forbids it everything.
    """
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    setattr(  # noqa: B010 - the attribute django-csp reads
        response,
        "_csp_config",
        {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True},
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say in words why somebody may not go on, and what to do."""
    return render(
        request,
        "403.html",
        {"has_no_membership": isinstance(exception, NoMembership)},
        status=403,
    )
