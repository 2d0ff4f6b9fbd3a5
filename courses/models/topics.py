"""Topics: tags of courses, shared by all languages, with a label in each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from taggit.models import ItemBase, TagBase
from wagtail.admin.panels import FieldPanel, InlinePanel


class TopicQuerySet(models.QuerySet["Topic"]):
    def with_labels(self) -> TopicQuerySet:
        return self.prefetch_related("labels")


class Topic(ClusterableModel, TagBase):
    """A tag of courses. ``name`` is the German word; other languages have labels."""

    free_tagging = False

    panels = [
        FieldPanel("name"),
        FieldPanel("slug"),
        InlinePanel("labels", heading=_("Labels in other languages"), label=_("Label")),
    ]

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]

    @property
    def label(self) -> str:
        """The label in the language of this request, else the German word."""
        language = get_language()
        for label in self.labels.all():
            if label.language == language:
                return label.text
        return self.name


class TopicLabel(models.Model):
    topic = ParentalKey(Topic, on_delete=models.CASCADE, related_name="labels")
    language = models.CharField(
        _("language"),
        max_length=20,
        choices=[("en", _("English")), ("de-simple", _("Plain German (Leichte Sprache)"))],
    )
    text = models.CharField(_("label"), max_length=100)

    class Meta:
        verbose_name = _("label of a topic")
        verbose_name_plural = _("labels of topics")
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "language"], name="courses_topiclabel_unique_language"
            )
        ]

    def __str__(self) -> str:
        return self.text


class CourseTopic(ItemBase):
    """A course has a topic."""

    tag = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="courses")
    content_object = ParentalKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="course_topics"
    )

    class Meta:
        verbose_name = _("topic of a course")
        verbose_name_plural = _("topics of courses")
