"""Fragenpool: questions that many quizzes may ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.dateparse import parse_date
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from taggit.models import ItemBase, TagBase
from wagtail.admin.panels import FieldPanel, PublishingPanel
from wagtail.blocks import StreamValue
from wagtail.images import get_image_model
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)
from wagtail_localize.fields import SynchronizedField, TranslatableField

from courses.correction_panel import CorrectionsLinkPanel
from courses.forms import BankQuestionForm
from courses.interchange.questions import fingerprint, picture_keys
from courses.querysets import BankQuestionQuerySet
from courses.questions import QuestionField
from courses.questions.unknown import UNKNOWN
from courses.readers import Reader
from courses.report_panel import OpenReportsPanel
from hub.publishing import CarefulPublishingMixin

from .frozen_units import FrozenUnitMixin
from .versions import ContentVersion

if TYPE_CHECKING:
    from django.http import HttpRequest


class QuestionTag(TagBase):
    """A keyword of questions. Random draws name it by its ``slug``, which therefore stays."""

    class Meta:
        verbose_name = _("keyword of questions")
        verbose_name_plural = _("keywords of questions")
        ordering = ["name"]


class TaggedQuestion(ItemBase):
    """A question of the bank has a keyword."""

    tag = models.ForeignKey(QuestionTag, on_delete=models.CASCADE, related_name="tagged")
    content_object = ParentalKey(
        "courses.BankQuestion", on_delete=models.CASCADE, related_name="tagged"
    )

    class Meta:
        verbose_name = _("keyword of a question")
        verbose_name_plural = _("keywords of a question")


class BankQuestion(
    CarefulPublishingMixin,
    PreviewableMixin,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    TranslatableMixin,
    FrozenUnitMixin,
    ClusterableModel,
):
    """A question kept for many quizzes, in one language; ``translation_key`` is its identity.

    ``question`` holds exactly one block of a registered question type. What lists filter by is
    copied from it into columns when it is saved: it is typed in one place only. What learners are
    asked is ``version``, the text that was frozen when the question was published last.
    """

    name = models.CharField(
        _("name"),
        max_length=255,
        help_text=_("Only editors see it. Short and telling, so that others find the question."),
    )
    question = QuestionField(
        verbose_name=_("question"),
        min_num=1,
        max_num=1,
        help_text=_("Exactly one. Every quiz that uses it asks it like this."),
    )
    tags = ClusterTaggableManager(
        through=TaggedQuestion,
        blank=True,
        verbose_name=_("keywords"),
        help_text=_("A quiz may draw questions by chance by their keywords. Separate by commas."),
    )
    # The name stays when the account goes.
    author = models.CharField(
        _("author"),
        max_length=200,
        blank=True,
        help_text=_("Who answers for the content: a person, an office or a working group."),
    )
    is_retired = models.BooleanField(_("retired"), default=False, editable=False)
    version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("content version"),
    )

    question_type = models.CharField(_("type"), max_length=100, blank=True, editable=False)
    points = models.PositiveSmallIntegerField(_("points"), default=0, editable=False)
    source = models.TextField(_("source"), blank=True, editable=False)
    as_of = models.DateField(_("as of (Stand)"), null=True, editable=False)
    review_on = models.DateField(_("check again on"), null=True, editable=False)
    search_text = models.TextField(editable=False, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False, db_index=True)

    _revisions = GenericRelation("wagtailcore.Revision", related_query_name="bank_question")
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="bank_question",
        for_concrete_model=False,
    )

    objects = BankQuestionQuerySet.as_manager()

    #: The columns that follow from the block.
    COPIED = (
        "question_type",
        "points",
        "source",
        "as_of",
        "review_on",
        "search_text",
        "fingerprint",
    )
    translatable_fields = [
        TranslatableField("name"),
        TranslatableField("question"),
        SynchronizedField("tagged", overridable=False),
        SynchronizedField("author", overridable=False),
    ]

    base_form_class = BankQuestionForm
    panels = [
        FieldPanel("name"),
        OpenReportsPanel(heading=_("Reported questions")),
        FieldPanel("question"),
        CorrectionsLinkPanel(heading=_("Corrections")),
        FieldPanel("tags"),
        FieldPanel("author"),
        PublishingPanel(),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("question of the bank")
        verbose_name_plural = _("questions of the bank")
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"], name="courses_bankquestion_name"),
            models.Index(fields=["question_type"], name="courses_bankquestion_type"),
            models.Index(fields=["author"], name="courses_bankquestion_author"),
            models.Index(fields=["review_on"], name="courses_bankquestion_review"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def revisions(self):
        return self._revisions

    @property
    def is_askable(self) -> bool:
        """Whether quizzes that chose it ask it; a retired question is no longer offered, only."""
        return self.live and self.version_id is not None

    @property
    def title(self) -> str:
        """What a content version is called."""
        return self.name

    @property
    def block(self) -> StreamValue.StreamChild | None:
        """The question itself; ``None`` in a draft without one, or if its type is missing."""
        return next((child for child in self.question if child.block_type != UNKNOWN), None)

    version_template = "courses/versions/question.html"

    @classmethod
    def holds_key(cls) -> bool:
        return True

    @classmethod
    def get_version_context(cls, version: ContentVersion, reader: Reader) -> dict[str, Any]:
        from courses.blueprints import bank_place

        return {"place": bank_place(version, reader)}

    def stored_question(self) -> dict[str, Any] | None:
        """The block as the database has it, also if its type is not installed today."""
        stored: list[dict[str, Any]] = self._meta.get_field("question").get_prep_value(
            self.question
        )
        return stored[0] if stored else None

    def get_evidence(self) -> dict[str, Any]:
        """What a content version freezes. The language is a column of the version."""
        return {"name": self.name, "question": self.stored_question()}

    def copy_from_block(self, picture_hashes: Mapping[Any, str] | None = None) -> None:
        """Fill the columns that follow from the block. ``save`` does it; ``bulk_create`` must.

        ``picture_hashes`` spares the query for the hashes of pictures, by their keys.
        """
        stored = self.stored_question() or {"type": "", "value": {}}
        values = stored["value"] if isinstance(stored["value"], dict) else {}
        text = strip_tags(str(values.get("text") or ""))
        self.question_type = stored["type"]
        self.points = values.get("points") or 0
        self.source = str(values.get("source") or "")
        self.as_of = _as_date(values.get("as_of"))
        self.review_on = _as_date(values.get("review_on"))
        self.search_text = f"{self.name} {text}".casefold()
        if picture_hashes is None:
            picture_hashes = _picture_hashes(values)
        self.fingerprint = fingerprint(stored["type"], values, picture_hashes)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.copy_from_block()
        super().save(*args, **kwargs)

    def save_revision(self, *args: Any, **kwargs: Any) -> Any:
        """Save a draft. Until a question was published, lists show what the latest draft says."""
        revision = super().save_revision(*args, **kwargs)
        if not self.live:
            names = ("name", *self.COPIED)
            type(self).objects.filter(pk=self.pk, live=False).update(
                **{name: getattr(self, name) for name in names}
            )
        return revision

    def with_content_json(self, content: dict[str, Any]) -> BankQuestion:
        """A revision holds what was written, not what became of the question since."""
        draft: BankQuestion = super().with_content_json(content)
        draft.version_id = self.version_id
        draft.is_retired = self.is_retired
        return draft

    def get_admin_display_title(self) -> str:
        """What the administration calls it, as a page has it."""
        return self.name

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish ``revision``, or raise ``PublishingRefused``; see ``CarefulPublishingMixin``."""
        with transaction.atomic():
            # Who declares it void at this moment is waited for, and waits.
            list(type(self).objects.locked(self.translation_key).values_list("pk"))
            super().publish(revision, *args, **kwargs)

    def clean_for_publishing(self) -> None:
        """Refuse what nobody could be asked, or nobody could answer rightly.

        And what people have answered and was changed since, until that is a correction.
        """
        from courses.corrections import require_corrections

        super().clean_for_publishing()
        block = self.block
        if block is None:
            raise ValidationError(
                {"question": _("Please write one question of a type that is installed.")}
            )
        kind = block.block
        is_graded = kind.is_scored and not kind.is_marked_by_person
        if is_graded and not kind.has_right_answer(block.value):
            raise ValidationError({"question": _("Please mark what the right answer is.")})
        require_corrections(self)

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "courses/bank_question_preview.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        from courses.views.bank import preview_context

        return super().get_preview_context(request, mode_name) | preview_context(self)


def _picture_hashes(values: dict[str, Any]) -> dict[int, str]:
    """The hashes of the files of a question's pictures, by their keys."""
    keys = picture_keys(values)
    if not keys:
        return {}
    rows = get_image_model().objects.filter(pk__in=keys).exclude(file_hash="")
    return dict(rows.values_list("pk", "file_hash"))


def _as_date(value: Any) -> date | None:
    return value if isinstance(value, date) else parse_date(value) if value else None
