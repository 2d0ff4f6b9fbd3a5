"""Questions of a file into the bank: upload, look at every question, confirm, watch."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages
from wagtail.models import Locale
from wagtail.permissions import ModelPermissionPolicy

from courses.interchange.exporting import FORMATS
from courses.interchange.importing import ImportPlan, Outcome, Step, import_in_lots, plan_import
from courses.interchange.reading import MAX_BYTES, MAX_QUESTIONS
from courses.interchange.sheet_template import template
from courses.models import BankQuestion, QuestionTag
from hub.organisations.models import User
from hub.tables import UnreadableError
from hub.uploading import FileForm, LookFirstView

#: How many questions a list shows before it is folded, and how many a folded part of it holds.
SHORT, PART = 20, 100
#: Where the page that tells of the progress is cut: for the progress, and for what became of it.
CUT = "<!-- progress -->"

logger = logging.getLogger(__name__)


def languages_of_bank() -> list[tuple[str, str]]:
    """Code and name of every language that questions can be kept in."""
    names = dict(settings.LANGUAGES)
    return [
        (code, str(names.get(code, code)))
        for code in Locale.objects.values_list("language_code", flat=True)
    ]


class OptionsForm(forms.Form):
    """What holds for all questions of a file."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language of the questions"),
        help_text=gettext_lazy("For questions of which the file does not say it."),
        choices=languages_of_bank,
    )
    tags = forms.CharField(
        label=gettext_lazy("Keywords for all questions"),
        help_text=gettext_lazy(
            "Separate by commas. With a keyword of their own you find the questions again, and a "
            "quiz can draw from them."
        ),
        required=False,
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish at once"),
        help_text=gettext_lazy(
            "Without the tick, all questions are drafts. What is not complete stays a draft anyway."
        ),
        required=False,
    )

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["publish"]

    def clean_tags(self) -> str:
        longest: int = QuestionTag._meta.get_field("name").max_length
        words = [word.strip() for word in self.cleaned_data["tags"].split(",") if word.strip()]
        if any(len(word) > longest for word in words):
            raise forms.ValidationError(
                _("A keyword has at most %(limit)d characters.") % {"limit": longest}
            )
        return ", ".join(words)

    def options(self) -> dict[str, Any]:
        """What ``import_in_lots`` is to be told."""
        words = self.cleaned_data["tags"]
        return {
            "tags": words.split(", ") if words else [],
            "publish": bool(self.cleaned_data.get("publish")),
        }


class ImportForm(OptionsForm, FileForm):
    """The file and what holds for all its questions; cleaned, it has the ``plan``."""

    max_bytes = MAX_BYTES
    field_order = ["file", "language", "tags", "publish"]

    file = forms.FileField(
        label=gettext_lazy("File with questions"),
        help_text=gettext_lazy(
            "Moodle XML, GIFT or a table (XLSX, ODS, CSV), at most %(size)d MB and "
            "%(count)d questions. First you see what would happen."
        ),
        widget=forms.FileInput(attrs={"accept": ".xml,.txt,.gift,.xlsx,.ods,.csv,.tsv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"size": MAX_BYTES // 1024**2, "count": MAX_QUESTIONS}
        self.fields["file"].help_text %= limits

    def clean(self) -> None:
        super().clean()
        if "file" not in self.cleaned_data or "language" not in self.cleaned_data:
            return
        try:
            self.plan = plan_import(
                content=self.cleaned_data["file"],
                file_name=self.file_name,
                language=self.cleaned_data["language"],
            )
        except UnreadableError as error:
            self.add_error("file", str(error))


class ConfirmForm(OptionsForm):
    """The same once more, without the file: it waits under a token."""

    file_name = forms.CharField(required=False, max_length=255)


@dataclass(frozen=True)
class Part:
    """As many questions of a group as are shown at once."""

    steps: Sequence[Step]

    @property
    def lines(self) -> tuple[int, int]:
        return self.steps[0].line, self.steps[-1].line


@dataclass(frozen=True)
class Group:
    """Questions of which the same becomes, for the page."""

    title: str
    steps: Sequence[Step]
    is_open: bool = False

    @property
    def parts(self) -> list[Part]:
        return [Part(self.steps[start : start + PART]) for start in range(0, len(self.steps), PART)]


def groups(plan: ImportPlan) -> list[Group]:
    """What becomes of the questions, what needs attention first.

    Those that were made without anything to be said are no longer listed: the bank shows them.
    """
    new = plan.with_outcome(Outcome.CREATED)
    plain = [] if plan.created else [step for step in new if not step.notes]
    found = [
        Group(_("Cannot be taken over"), plan.with_outcome(Outcome.LEFT_OUT), True),
        Group(_("New, with something to look at"), [step for step in new if step.notes], True),
        Group(_("New"), plain, len(plain) <= SHORT),
        Group(_("Already there"), plan.with_outcome(Outcome.IDENTICAL)),
    ]
    return [group for group in found if group.steps]


class BankImportView(LookFirstView):
    """Upload a file, see what becomes of each question, have them made and watch it.

    Who may not add questions to the bank gets 404.
    """

    purpose = "bank-questions"
    form_class = ImportForm
    template_name = "courses/bank_import.html"
    page_title = gettext_lazy("Import questions")
    header_icon = "upload"
    # Said here, for not every Wagtail hands it in, and none means that everybody may.
    permission_policy = ModelPermissionPolicy(BankQuestion)
    index_url_name = ""
    template_url_name = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not self.permission_policy.user_has_permission(request.user, "add"):
            raise Http404

    @cached_property
    def may_publish(self) -> bool:
        return bool(self.permission_policy.user_has_permission(self.request.user, "publish"))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"may_publish": self.may_publish}

    def get_initial(self) -> dict[str, Any]:
        return {"language": Locale.get_default().language_code}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, *breadcrumbs(self.index_url_name, self.page_title)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"template_url": reverse(self.template_url_name)}

    def form_valid(self, form: ImportForm) -> HttpResponse:
        """Show what would become of each question, and keep the file until it is confirmed."""
        said = {**form.cleaned_data, "file_name": form.file_name}
        confirm = ConfirmForm(initial=said, may_publish=self.may_publish, auto_id=False)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                plan=form.plan,
                groups=groups(form.plan),
                file_name=said["file_name"],
                language=dict(languages_of_bank())[said["language"]],
                options=form.options(),
                confirm=confirm,
                token=self.keep(form.content),
            )
        )

    def confirmed(self, content: bytes) -> HttpResponseBase:
        """Make the questions, while the page tells how far it is."""
        form = ConfirmForm(self.request.POST, may_publish=self.may_publish)
        if not form.is_valid():
            messages.error(self.request, _("Something was missing. Please upload the file again."))
            return redirect(self.request.path)
        response = StreamingHttpResponse(self.told(content, form, translation.get_language()))
        response["Cache-Control"] = "private, no-store"
        # A server in front must hand on each line as it comes.
        response["X-Accel-Buffering"] = "no"
        return response

    def told(self, content: bytes, form: ConfirmForm, language: str) -> Iterator[str]:
        """The page in pieces, made while the questions are; an error ends it in words.

        Whoever closes the window meanwhile closes this, and with it the one transaction.
        """
        with translation.override(language):
            before, between, after = self.frame().split(CUT)
            yield before
            try:
                end = yield from self.making(content, form)
            except UnreadableError as error:
                end = piece("failed", reason=str(error), again_url=self.request.path)
            except Exception:
                # The page has begun: no error page can take its place.
                logger.exception("An import of questions failed")
                end = piece("failed", again_url=self.request.path)
            yield between
            yield end
            yield after

    def frame(self) -> str:
        """The page around what is told."""
        context = self.get_context_data(form=None)
        return render_to_string("courses/bank_import_running.html", context, self.request)

    def making(self, content: bytes, form: ConfirmForm) -> Generator[str, None, str]:
        """Pieces of the page that say how far it is; in the end one that says what was done."""
        plan = plan_import(
            content=content,
            file_name=form.cleaned_data["file_name"],
            language=form.cleaned_data["language"],
        )
        user = cast(User, self.request.user)
        with closing(import_in_lots(plan=plan, user=user, **form.options())) as lots:
            while True:
                try:
                    made, total = next(lots)
                except StopIteration as end:
                    plan = end.value
                    break
                yield piece("progress", made=made, total=total)
        index_url = reverse(self.index_url_name)
        return piece(
            "done",
            plan=plan,
            counts=plan.counts,
            groups=groups(plan),
            live=sum(question.live for question in plan.created),
            index_url=index_url,
            made_url=f"{index_url}?{urlencode({'imported': plan.run or ''})}",
            again_url=self.request.path,
        )


def piece(name: str, **context: Any) -> str:
    """A piece of the page that is told while the questions are made."""
    return render_to_string(f"courses/bank_import_{name}.html", context)


class TemplateView(View):
    """The empty table for teachers, for who may import questions; others get 404."""

    permission_policy = ModelPermissionPolicy(BankQuestion)

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.permission_policy.user_has_permission(request.user, "add"):
            raise Http404
        response = HttpResponse(template(), content_type=FORMATS["xlsx"].content_type)
        response["Content-Disposition"] = 'attachment; filename="fragen-vorlage.xlsx"'
        return response


def breadcrumbs(index_url_name: str, title: Any) -> list[dict[str, Any]]:
    """From the list of the bank to a page beside it."""
    return [
        {"url": reverse(index_url_name), "label": _("Question bank")},
        {"url": "", "label": str(title)},
    ]
