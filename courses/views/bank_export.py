"""Questions of the bank as a file, filtered as the list is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.permissions import ModelPermissionPolicy

from courses.interchange.exporting import FORMATS, Format, export_questions
from courses.interchange.questions import WrittenFile
from courses.interchange.reading import MAX_QUESTIONS
from courses.models import BankQuestion

from .bank import BankIndexView
from .bank_import import breadcrumbs

#: What each format is good for.
MEANINGS = {
    "moodle": gettext_lazy(
        "For Moodle and for other hubs. Holds everything: all types, pictures, feedback, sources."
    ),
    "xlsx": gettext_lazy(
        "For reading and editing in Excel or LibreOffice. Holds all types, but no pictures."
    ),
    "gift": gettext_lazy(
        "A text file for Moodle. Holds the simple types, but no pictures, points or sources."
    ),
}


@dataclass(frozen=True)
class Offer:
    """A format with the address that exports in it."""

    format: Format
    meaning: Any
    url: str


class BankExportView(WagtailAdminTemplateMixin, TemplateView):
    """Export what the list of the bank shows; the filters come by the address, as they do there.

    First it says how many questions these are. What a format cannot hold is named before the file
    is handed over. Who may not see the list gets 404.
    """

    template_name = "courses/bank_export.html"
    page_title = gettext_lazy("Export questions")
    header_icon = "download"
    # Said here, for not every Wagtail hands it in, and none means that everybody may.
    permission_policy = ModelPermissionPolicy(BankQuestion)
    index_url_name = ""
    export_url_name = ""
    export_file_url_name = ""
    #: The list's own view, ready to be called.
    index_view: Callable[..., Any] | None = None

    listing: BankIndexView

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rights = ["add", "change", "delete", "view"]
        if not self.permission_policy.user_has_any_permission(request.user, rights):
            raise Http404
        index: Any = self.index_view
        self.listing = index.view_class(**index.view_initkwargs)
        self.listing.setup(request)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, *breadcrumbs(self.index_url_name, self.page_title)]

    @cached_property
    def count(self) -> int:
        return int(self.listing.get_queryset().count())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = kwargs.get("file_format")
        if key is None or not 0 < self.count <= MAX_QUESTIONS:
            return self.render_to_response(self.get_context_data())
        if key not in FORMATS:
            raise Http404
        written = export_questions(self.listing.get_queryset(), key)
        if (written.left_out or written.notes) and "anyway" not in request.GET:
            return self.render_to_response(self.get_context_data(written=written, chosen=key))
        return _download(FORMATS[key], written)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if chosen := kwargs.get("chosen"):
            context["anyway_url"] = self.url(self.export_file_url_name, chosen, anyway="1")
            context["other_url"] = self.url(self.export_url_name)
            context["format"] = FORMATS[chosen]
        return context | {
            "count": self.count,
            "limit": MAX_QUESTIONS,
            "filters": self.listing.active_filters,
            "searched": self.listing.search_query,
            "offers": [
                Offer(FORMATS[key], meaning, self.url(self.export_file_url_name, key))
                for key, meaning in MEANINGS.items()
            ],
            "back_url": self.url(self.index_url_name),
        }

    def url(self, name: str, *args: str, **more: str) -> str:
        """An address for the same questions."""
        query = self.request.GET.copy()
        query.update(more)
        url = reverse(name, args=args)
        return f"{url}?{query.urlencode()}" if query else url


def _download(file_format: Format, written: WrittenFile) -> HttpResponse:
    response = HttpResponse(written.content, content_type=file_format.content_type)
    name = f"fragenpool-{timezone.localdate():%Y-%m-%d}.{file_format.ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
