"""Viewsets of the Wagtail admin for what editors keep beside the pages."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSet

from hub.organisations.views import CarefulDeleteView

from .models import Topic


class TopicViewSet(ModelViewSet):
    """Topics of courses, with a label in each language."""

    model = Topic
    name = "topics"
    menu_name = "topics"
    icon = "tag"
    menu_order = 200
    add_to_admin_menu = True
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    add_to_reference_index = False
    list_display = ["name", Column("slug", label=_("Short form in addresses"), sort_key="slug")]
    search_fields = ["name"]
    list_per_page = 50
