"""What the start page of the administration tells operators of certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.ui.components import Component

from .models import Certificate

#: The panel names so many and counts the rest.
MOST_NAMED = 10


class PDFProblemsPanel(Component):
    """Certificates without a PDF and those whose PDF lacks a letter, newest first.

    They are named by number: whose they are is no matter for those who keep the hub running.
    """

    order = 40
    template_name = "certificates/pdf_problems_panel.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        concerned = Certificate.objects.exclude(pdf_problem="")
        return {
            "certificates": list(
                concerned.only("number", "pdf_problem", "pdf_sha256")[:MOST_NAMED]
            ),
            "count": concerned.count(),
        }


@hooks.register("construct_homepage_panels")
def add_pdf_problems(request: HttpRequest, panels: list[Any]) -> None:
    """Administrators of the whole hub are its operators."""
    if request.user.is_superuser and Certificate.objects.exclude(pdf_problem="").exists():
        panels.append(PDFProblemsPanel())
