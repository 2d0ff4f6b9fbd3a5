"""An activity type of a third party: a film that counts as seen when it is opened."""

from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from courses.enums import CompletionMode
from courses.models import ActivityMixin


class FilmPage(ActivityMixin, Page):
    activity_icon = "media"
    completion_mode = CompletionMode.VIEWED
    parent_page_types = ["courses.CoursePage", "courses.ModulePage"]
    content_panels = [*Page.content_panels, FieldPanel("duration_minutes")]

    class Meta:
        verbose_name = "film"
        verbose_name_plural = "films"

    def get_evidence(self):
        return {"title": self.title, "duration_minutes": self.duration_minutes}
