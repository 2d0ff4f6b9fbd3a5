"""The panel where Wagtail edits a group: what it may do, for which authority."""

from django.contrib.auth.models import Group
from django.test import TestCase
from django.urls import reverse
from wagtail.models import ModelLogEntry

from hub.organisations.forms import GroupOrganisationPermissionFormSet, offered_permissions
from hub.organisations.models import GroupOrganisationPermission, User
from tests.factories.organisations import HR_PERMISSIONS, HRUserFactory, OrganisationFactory
from tests.factories.organisations import permission as get_permission

PREFIX = "organisation_permissions"


class GroupPermissionTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        cls.olfen = OrganisationFactory(name="Stadt Olfen", slug="olfen")
        cls.hilde = HRUserFactory(username="hilde", organisation=cls.coesfeld)
        cls.group = cls.hilde.groups.get()
        cls.admin = User.objects.create_superuser("admin")
        cls.list_right = get_permission("courses.view_completion_list")
        cls.log_right = get_permission("exports.view_exportrun")

    def test_no_group_is_offered_a_right_for_the_accounts_of_all_authorities(self):
        self.client.force_login(self.admin)
        page = self.client.get(reverse("wagtailusers_groups:edit", args=[self.group.pk]))
        offered = page.context["form"].fields["permissions"].queryset
        assert not offered.filter(content_type__model="user").exists()

    def post(self, *lines, user=None):
        """Save the group with ``lines`` of authority, permissions and deletion."""
        data = {"name": self.group.name}
        for prefix in ("page_permissions", "collection_permissions", "image_permissions"):
            data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        for prefix in ("collection_permissions", "document_permissions"):
            data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        data |= {f"{PREFIX}-TOTAL_FORMS": len(lines), f"{PREFIX}-INITIAL_FORMS": 1}
        for n, (organisation, permissions, delete) in enumerate(lines):
            data[f"{PREFIX}-{n}-organisation"] = organisation.pk
            data[f"{PREFIX}-{n}-permissions"] = [permission.pk for permission in permissions]
            data[f"{PREFIX}-{n}-DELETE"] = "1" if delete else ""
        self.client.force_login(user or self.admin)
        return self.client.post(reverse("wagtailusers_groups:edit", args=[self.group.pk]), data)

    def grants(self):
        return {
            (grant.organisation, grant.permission)
            for grant in GroupOrganisationPermission.objects.filter(group=self.group)
        }

    def test_hr_cannot_give_itself_more(self):
        before = self.grants()
        response = self.post((self.olfen, [self.list_right], False), user=self.hilde)
        assert response.status_code == 302
        assert self.grants() == before

    def test_what_is_offered(self):
        assert {entry.permission for entry in offered_permissions().values()} >= set(HR_PERMISSIONS)

    def test_the_panel_shows_what_the_group_has(self):
        self.client.force_login(self.admin)
        page = self.client.get(reverse("wagtailusers_groups:edit", args=[self.group.pk]))
        self.assertContains(page, "Rechte je Behörde")
        self.assertContains(page, "Abschlussliste sehen und übergeben")
        (line,) = next(
            [form.initial for form in panel.initial_forms]
            for panel in page.context["permission_panels"]
            if isinstance(panel, GroupOrganisationPermissionFormSet)
        )
        assert line["organisation"] == self.coesfeld
        assert len(line["permissions"]) == len(HR_PERMISSIONS)

    def test_rights_over_rows_of_authorities_are_not_offered_for_the_whole_model(self):
        self.client.force_login(self.admin)
        page = self.client.get(reverse("wagtailusers_groups:edit", args=[self.group.pk]))
        choices = page.context["form"].fields["permissions"].queryset
        for app_label, model in (
            ("organisations", "department"),
            ("organisations", "membership"),
            ("organisations", "organisation"),
            ("exports", "exportrun"),
        ):
            assert not choices.filter(
                content_type__app_label=app_label, content_type__model=model
            ).exists(), model

    def test_saving_makes_it_exactly_what_is_ticked(self):
        response = self.post(
            (self.coesfeld, [self.list_right], False), (self.olfen, [self.log_right], False)
        )
        assert response.status_code == 302, response.context["permission_panels"]
        assert self.grants() == {
            (self.coesfeld, self.list_right),
            (self.olfen, self.log_right),
        }

    def test_a_deleted_line_takes_the_rights_away(self):
        self.post((self.coesfeld, [self.list_right], True))
        assert self.grants() == set()

    def test_changes_are_logged_by_name(self):
        self.post((self.coesfeld, [self.list_right], False))
        entry = ModelLogEntry.objects.get(action="organisations.permissions")
        assert entry.user == self.admin
        assert entry.data["granted"] == []
        assert "coesfeld: exports.view_exportrun" in entry.data["withdrawn"]

    def test_nothing_changed_is_not_logged(self):
        held = [permission for _organisation, permission in self.grants()]
        self.post((self.coesfeld, held, False))
        entries = ModelLogEntry.objects.filter(action="organisations.permissions")
        assert [entry.data for entry in entries] == []

    def test_two_lines_for_one_authority_are_refused(self):
        before = self.grants()
        response = self.post(
            (self.coesfeld, [self.list_right], False), (self.coesfeld, [self.log_right], False)
        )
        self.assertContains(response, "mehreren Zeilen")
        assert self.grants() == before

    def test_other_permissions_are_refused(self):
        response = self.post((self.olfen, [get_permission("courses.delete_enrolment")], False))
        assert response.status_code == 200
        assert Group.objects.get(pk=self.group.pk).organisation_permissions.count() == len(
            HR_PERMISSIONS
        )
