"""The menu and the start page hold for each role its own work, and cost no queries of their own."""

import json
import re

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import RequestFactory
from django.urls import reverse
from wagtail.admin.menu import admin_menu
from wagtail.models import GroupPagePermission

from hub.demo.rights import COUNCIL_PERMISSIONS, HR_PERMISSIONS
from hub.exports.models import ReportSwitch
from hub.organisations.menu import TASKS
from hub.organisations.models import User
from tests.cases import LearningHubTestCase
from tests.factories.organisations import UserFactory, grant

PEOPLE = [
    *("import-employees", "departments", "duplicate-accounts", "invitation-letters", "terminals"),
    *("further-records", "certificates", "reminders"),
]
REQUIREMENTS = ["requirements", "ai-systems"]
LISTS = [
    *("completion-list", "report-offen-und-ueberfaellig", "report-laeuft-bald-ab"),
    *("report-abschlussmatrix", "report-freigegebene-nachweise"),
    *("report-ausgestellte-nachweise", "evidence-pack"),
    *("report-abdeckung", "report-lernstunden"),
    *("hand-overs", "schedules", "report-catalogue", "api-tokens"),
]


def menu_of(page: str) -> dict[str, list[str]]:
    """The names in the main menu of a page of the administration, with those of its submenus."""
    data = re.search(r'id="wagtail-sidebar-props"[^>]*>(.*?)</script>', page, re.DOTALL)
    modules = json.loads(data[1])["modules"]
    items = next(m for m in modules if m["_type"] == "wagtail.sidebar.MainMenuModule")["_args"][0]
    return {
        item["_args"][0]["name"]: [
            entry["_args"][0]["name"]
            for entry in (item["_args"][-1] if isinstance(item["_args"][-1], list) else [])
        ]
        for item in items
    }


class MenuTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.hr = UserFactory(username="personal")
        grant(cls.hr, cls.coesfeld, *HR_PERMISSIONS)
        for report in LISTS:
            ReportSwitch.objects.update_or_create(
                organisation=cls.coesfeld,
                report=report.removeprefix("report-"),
                defaults={"is_on": True},
            )

    def start(self, user: User) -> str:
        self.client.force_login(user)
        return self.client.get(reverse("wagtailadmin_home")).content.decode()


class RoleTests(MenuTestCase):
    def test_hr_has_three_tasks(self):
        assert menu_of(self.start(self.hr)) == {
            "people": PEOPLE,
            "duties": REQUIREMENTS,
            "lists": LISTS,
        }

    def test_a_task_without_an_entry_is_not_shown(self):
        council = UserFactory()
        grant(council, self.coesfeld, *COUNCIL_PERMISSIONS)
        page = self.start(council)
        assert menu_of(page) == {"lists": ["hand-overs", "schedules", "report-catalogue"]}
        assert "Listen und Zahlen" in page
        assert "Vorgaben und KI-Systeme" not in page

    def test_an_editor_has_no_task_of_hr(self):
        editor = UserFactory()
        group = Group.objects.create(name="Redaktion")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        GroupPagePermission.objects.create(
            group=group,
            page=self.home,
            permission=Permission.objects.get(codename="change_page"),
        )
        editor.groups.add(group)
        page = self.start(editor)
        assert not {task.name for task in TASKS} & menu_of(page).keys()
        assert "Was möchten Sie tun?" not in page

    def test_who_runs_the_hub_has_the_tasks_beside_the_own_work(self):
        page = self.start(self.admin)
        menu = menu_of(page)
        assert set(PEOPLE) <= set(menu["people"])
        assert menu["duties"] == REQUIREMENTS
        assert menu["lists"] == LISTS
        # Wagtail's own reports are on pages.
        assert "locked-pages" in menu["reports"]
        assert not set(menu["reports"]) & set(LISTS)
        assert "Was möchten Sie tun?" not in page


class StartPageTests(MenuTestCase):
    def test_it_says_in_words_what_each_task_is_and_leads_to_all_of_it(self):
        page = self.start(self.hr)
        [panel] = re.findall(r'id="tasks-section".*?</section>\s*</div>', page, re.DOTALL)
        for task in TASKS:
            assert str(task.label) in panel
            assert str(task.purpose) in panel
        request = RequestFactory().get("/")
        request.user = User.objects.get(pk=self.hr.pk)
        for task in TASKS:
            for entry in task.entries(request):
                assert f'href="{entry.url}"' in panel, entry.name

    def test_what_is_switched_off_is_in_neither(self):
        ReportSwitch.objects.filter(report="lernstunden").update(is_on=False)
        page = self.start(self.hr)
        assert "report-lernstunden" not in menu_of(page)["lists"]
        assert reverse("learning_hours_report") not in page


class QueryTests(MenuTestCase):
    def test_the_menu_asks_once_for_all_of_its_entries(self):
        """What groups may do for authorities, and which evaluations are on."""
        request = RequestFactory().get("/")
        request.user = User.objects.get(pk=self.hr.pk)
        with self.assertNumQueries(2):
            entries = [entry for task in TASKS for entry in task.entries(request)]
        assert len(entries) == len([*PEOPLE, *REQUIREMENTS, *LISTS])
        admin_menu.render_component(request)
        with self.assertNumQueries(0):
            admin_menu.render_component(request)
            for task in TASKS:
                task.entries(request)

    def test_nobody_finds_anything_without_an_account(self):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        assert [entry for task in TASKS for entry in task.entries(request)] == []
