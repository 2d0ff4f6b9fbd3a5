"""Vorlagen: what a certificate is written with, before it is issued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.forms import Select
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import (
    FieldPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    PublishingPanel,
)
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Orderable,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
)

from certificates.forms import GERMAN_NEEDED, CertificateTemplateForm, course_choices
from certificates.signatures import SignatureField
from certificates.wording import check_text, fixed_note, shipped_wording
from hub.publishing import CarefulPublishingMixin


class CertificateTemplate(
    CarefulPublishingMixin,
    PreviewableMixin,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    ClusterableModel,
):
    """Design, wording, signatories and legal text of the certificates of some courses.

    A certificate copies from it what it needs when it is issued and never asks again: to change or
    delete a template changes no certificate. Only what is published is issued: a draft has its
    rows in its revision, and one that never went live is not asked. Courses without a template take
    the standard one; while there is none, what the hub ships.
    """

    name = models.CharField(
        _("name"), max_length=120, unique=True, help_text=_("Only editors see it.")
    )
    design = models.CharField(_("design"), max_length=60)
    is_default = models.BooleanField(
        _("standard template"),
        default=False,
        help_text=_("For all courses that are named in no template."),
    )
    shows_logo = models.BooleanField(_("logo of the authority"), default=True)
    shows_level = models.BooleanField(_("level of the course"), default=True)
    legal_text = models.TextField(
        _("legal text"),
        blank=True,
        help_text=_("If it is empty, the legal basis of the course stands on the certificate."),
    )
    legal_as_of = models.DateField(_("legal state as of (Stand)"), null=True, blank=True)

    _revisions = GenericRelation("wagtailcore.Revision", related_query_name="certificate_template")
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="certificate_template",
        for_concrete_model=False,
    )

    base_form_class = CertificateTemplateForm
    panels: ClassVar[list[Any]] = [
        FieldPanel("name"),
        FieldPanel("design"),
        MultiFieldPanel(
            [FieldPanel("is_default"), FieldPanel("course_keys")], heading=_("For which courses")
        ),
        HelpPanel(template="certificates/placeholders.html", heading=_("Placeholders")),
        InlinePanel("wordings", heading=_("Wording"), label=_("Language"), min_num=1, max_num=3),
        InlinePanel("signatories", heading=_("Signatories"), label=_("Signatory"), max_num=3),
        MultiFieldPanel(
            [FieldPanel("shows_logo"), FieldPanel("shows_level")], heading=_("What is shown")
        ),
        MultiFieldPanel(
            [FieldPanel("legal_text"), FieldPanel("legal_as_of")], heading=_("Legal text")
        ),
        PublishingPanel(),
    ]

    class Meta:
        verbose_name = _("certificate template")
        verbose_name_plural = _("certificate templates")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="certificates_template_one_default",
                violation_error_message=_("There is a standard template already."),
            ),
            models.CheckConstraint(
                condition=Q(legal_text="") | Q(legal_as_of__isnull=False),
                name="certificates_template_legal_text_has_date",
                violation_error_message=_("Please say as of which day the legal text holds."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def revisions(self) -> Any:
        return self._revisions

    def get_admin_display_title(self) -> str:
        """What the administration calls it, as a page has it."""
        return self.name

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish ``revision``, or raise ``PublishingRefused``; see ``CarefulPublishingMixin``."""
        with transaction.atomic():
            # Of two that want the same course the second sees what the first has taken.
            list(type(self).objects.select_for_update().values_list("pk"))
            super().publish(revision, *args, **kwargs)

    def clean_for_publishing(self) -> None:
        """Refuse what a draft may lack, and a course that another template has meanwhile."""
        super().clean_for_publishing()
        self.full_clean()
        rows = [*self.wordings.all(), *self.signatories.all()]
        if complaints := [text for row in rows for text in _complaints(row)]:
            raise ValidationError(complaints)
        if self.wording_in(settings.LANGUAGE_CODE) is None:
            raise ValidationError(GERMAN_NEEDED)
        if taken := self.courses_taken(row.course_key for row in self.courses.all()):
            raise ValidationError(taken)

    def courses_taken(self, keys: Iterable[UUID]) -> list[str]:
        """Says of each course that has another template which one that is, and what to do."""
        rows = TemplateCourse.objects.filter(course_key__in=list(keys)).select_related("template")
        others = rows.exclude(template=self.pk) if self.pk else rows
        titles = dict(course_choices())
        return [
            gettext(
                "“%(course)s” has the template “%(template)s” already. Please take it out there."
            )
            % {"course": titles.get(str(row.course_key), row.course_key), "template": row.template}
            for row in others
        ]

    def wording_in(self, language: str) -> CertificateWording | None:
        """The wording for a document in a language: its own, else the German one."""
        wordings = {wording.language: wording for wording in self.wordings.all()}
        return wordings.get(language) or wordings.get(settings.LANGUAGE_CODE)

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        from certificates.sample import preview_modes

        return preview_modes(self)

    @property
    def preview_sizes(self) -> list[dict[str, Any]]:
        """A sheet of paper has one size."""
        return [{**size, "device_width": 820} for size in self.DEFAULT_PREVIEW_SIZES[2:]]

    @property
    def default_preview_size(self) -> str:
        return "desktop"

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from certificates.sample import sheet

        response = HttpResponse(sheet(self, mode_name), content_type="application/pdf")
        response["Content-Disposition"] = 'inline; filename="vorschau.pdf"'
        # A PDF runs nothing of ours, and under "object-src 'none'" a browser would not show it.
        setattr(response, "_csp_exempt", True)  # noqa: B010 - what django-csp reads
        return response


def _complaints(row: CertificateWording | TemplateSignatory) -> Iterator[str]:
    """What a wording or a signatory of a draft lacks, each with the name of its field."""
    try:
        row.clean_fields(exclude=["template"])
        row.clean()
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            label = capfirst(str(row._meta.get_field(name).verbose_name))
            yield from (f"{label}: {text}" for text in texts)


class CertificateWording(Orderable):
    """What a template says in one language, for each kind of document."""

    template = ParentalKey(CertificateTemplate, on_delete=models.CASCADE, related_name="wordings")
    language = models.CharField(_("language"), max_length=20, default=settings.LANGUAGE_CODE)
    certificate_title = models.CharField(_("title of a certificate"), max_length=60)
    certificate_statement = models.CharField(
        _("sentence on a certificate"),
        max_length=250,
        help_text=_("Between the name and the title of the course."),
    )
    attendance_title = models.CharField(_("title of a certificate of attendance"), max_length=60)
    attendance_statement = models.CharField(
        _("sentence on a certificate of attendance"), max_length=250
    )
    note = models.CharField(
        _("further note"),
        max_length=300,
        blank=True,
        help_text=_("Stands behind the fixed note, which every certificate carries."),
    )

    panels: ClassVar[list[Any]] = [
        FieldPanel("language", widget=Select(choices=settings.LANGUAGES)),
        FieldPanel("certificate_title"),
        FieldPanel("certificate_statement"),
        FieldPanel("attendance_title"),
        FieldPanel("attendance_statement"),
        FieldPanel("note"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "language"],
                name="certificates_wording_once_per_language",
                violation_error_message=_("There is a wording in this language already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} · {self.language}"

    #: What may hold placeholders, and must not hold certain words.
    CHECKED = (
        "certificate_title",
        "certificate_statement",
        "attendance_title",
        "attendance_statement",
        "note",
    )

    def clean(self) -> None:
        super().clean()
        errors = {}
        if self.language not in dict(settings.LANGUAGES):
            errors["language"] = ValidationError(_("The hub does not speak this language."))
        for name in self.CHECKED:
            try:
                check_text(getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def texts(self, *, has_passed: bool) -> dict[str, str]:
        """Title, statement and note with their placeholders; the fixed note comes first (R3)."""
        kind = "certificate" if has_passed else "attendance"
        return {
            "title": getattr(self, f"{kind}_title"),
            "statement": getattr(self, f"{kind}_statement"),
            "note": f"{fixed_note()} {self.note}".strip(),
        }


def shipped_wordings() -> dict[str, str]:
    """The fields of a new wording, as the hub ships them, in the active language."""
    passed, attended = shipped_wording(has_passed=True), shipped_wording(has_passed=False)
    return {
        "certificate_title": passed["title"],
        "certificate_statement": passed["statement"],
        "attendance_title": attended["title"],
        "attendance_statement": attended["statement"],
    }


class TemplateSignatory(Orderable):
    """Who signs, with the scanned signature as a data URI."""

    template = ParentalKey(
        CertificateTemplate, on_delete=models.CASCADE, related_name="signatories"
    )
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(
        _("function"), max_length=160, blank=True, help_text=_("For example “Landrat”.")
    )
    signature = SignatureField(
        _("scanned signature"),
        blank=True,
        help_text=_(
            "A PNG, JPEG or SVG picture on white, at most 1 MB. The preview shows it once the "
            "template is saved."
        ),
    )

    panels: ClassVar[list[Any]] = [
        FieldPanel("name"),
        FieldPanel("role"),
        FieldPanel("signature"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("signatory")
        verbose_name_plural = _("signatories")

    def __str__(self) -> str:
        return self.name


class TemplateCourse(models.Model):
    """A course takes a template; the key outlives the page, and both its languages share it."""

    template = ParentalKey(CertificateTemplate, on_delete=models.CASCADE, related_name="courses")
    course_key = models.UUIDField(_("course"), unique=True)

    class Meta:
        verbose_name = _("course of a template")
        verbose_name_plural = _("courses of a template")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.template_id} · {self.course_key}"


def template_for(course_key: UUID) -> CertificateTemplate | None:
    """The published template of a course: its own, else the standard one; none while there is none.

    What it says is what was published: a later draft is a revision and leaves its rows alone.
    """
    found: CertificateTemplate | None = (
        CertificateTemplate.objects.filter(live=True)
        .annotate(
            is_own=Exists(
                TemplateCourse.objects.filter(template=OuterRef("pk"), course_key=course_key)
            )
        )
        .filter(Q(is_own=True) | Q(is_default=True))
        .order_by("-is_own")
        .prefetch_related("wordings", "signatories")
        .first()
    )
    return found
