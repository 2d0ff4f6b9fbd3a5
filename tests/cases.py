"""The world most tests start from: one course, two authorities, five people."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.test import TestCase
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Locale, Page, Site

from courses import actions
from courses.models import (
    BankQuestion,
    ContentVersion,
    CourseIndexPage,
    CoursePage,
    ModulePage,
    QuizPage,
)
from home.models import HomePage
from hub.organisations.models import (
    Department,
    GroupOrganisationPermission,
    Membership,
    Organisation,
    User,
)


def block_id(name: str) -> str:
    """A stable block id for tests."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def item(name: str, value: Any) -> dict[str, Any]:
    """A list item as Wagtail stores it."""
    return {"type": "item", "id": block_id(name), "value": value}


def text_body(name: str) -> str:
    """A module's text of a heading and a paragraph."""
    return json.dumps(
        [
            {"type": "heading", "id": block_id(f"{name}-h"), "value": f"Über {name}"},
            {"type": "text", "id": block_id(f"{name}-t"), "value": f"<p>Text von {name}.</p>"},
        ]
    )


def new_course(title: str, **fields: Any) -> CoursePage:
    """A course with all that is needed but its parts, not saved."""
    return CoursePage(
        title=title,
        slug=slugify(title).removeprefix("ki-"),
        summary="Worum es geht.",
        legal_basis="<p>Art. 4 KI-VO.</p>",
        objectives=json.dumps(
            [{"type": "objective", "id": block_id("ziel"), "value": "Sie kennen KI."}]
        ),
        **fields,
    )


def new_module(title: str, **fields: Any) -> ModulePage:
    """A module with a text, not saved."""
    return ModulePage(title=title, slug=slugify(title), body=text_body(title), **fields)


def single_choice(name: str, *, points: int = 1) -> dict[str, Any]:
    """A question whose first option is right."""
    return {
        "type": "single_choice",
        "id": block_id(name),
        "value": {
            "text": f"<p>Was gilt für {name}?</p>",
            "points": points,
            "explanation": "<p>Darum.</p>",
            "options": [
                item(f"{name}-a", {"text": "A", "is_correct": True, "feedback": "Ja, denn …"}),
                item(f"{name}-b", {"text": "B", "is_correct": False, "feedback": "Nein, weil …"}),
                item(f"{name}-c", {"text": "C", "is_correct": False, "feedback": ""}),
            ],
        },
    }


def multiple_choice(name: str, *, points: int = 2) -> dict[str, Any]:
    """A question whose first two options are right."""
    return {
        "type": "multiple_choice",
        "id": block_id(name),
        "value": {
            "text": f"<p>Was alles gilt für {name}?</p>",
            "points": points,
            "options": [
                item(f"{name}-a", {"text": "A", "is_correct": True, "feedback": ""}),
                item(f"{name}-b", {"text": "B", "is_correct": True, "feedback": ""}),
                item(f"{name}-c", {"text": "C", "is_correct": False, "feedback": ""}),
            ],
        },
    }


def true_false(name: str, *, is_true: bool = True) -> dict[str, Any]:
    return {
        "type": "true_false",
        "id": block_id(name),
        "value": {"text": f"<p>{name} stimmt.</p>", "points": 1, "is_true": is_true},
    }


def bank_question(
    name: str, *questions: dict[str, Any], tags: str = "", live: bool = True, **fields: Any
) -> BankQuestion:
    """A question of the bank, published unless it is to be a draft; ``tags`` stand by words."""
    fields.setdefault("locale", Locale.get_default())
    question = BankQuestion(name=name, question=json.dumps(questions), live=False, **fields)
    if tags:
        question.tags.add(*tags.split())
    question.save()
    revision = question.save_revision()
    if live:
        revision.publish()
    question.refresh_from_db()
    return question


def draft(parent: Page, page: Page) -> Any:
    """Add a page that is not public yet."""
    page.locale = parent.locale
    page.live = False
    parent.add_child(instance=page)
    page.save_revision()
    return page


def publish(parent: Page, page: Page, *parts: Page) -> Any:
    """Add and publish a page as the editor does; a course needs its ``parts`` first."""
    draft(parent, page)
    for part in parts:
        publish(page, part)
    page.refresh_from_db()
    page.save_revision().publish()
    page.refresh_from_db()
    return page


class LearningHubTestCase(TestCase):
    """*Anna* learns and *Hilde* is HR in Coesfeld; *Bernd* is HR in Olfen, the stranger."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.build_pages()
        cls.build_people()

    @classmethod
    def build_pages(cls) -> None:
        # A transactional test that ran before empties what migrations put in.
        cls.de = Locale.objects.get_or_create(language_code="de")[0]
        cls.en = Locale.objects.get_or_create(language_code="en")[0]
        cls.simple = Locale.objects.get_or_create(language_code="de-simple")[0]
        root = Page.objects.filter(depth=1).first() or Page.add_root(
            instance=Page(title="Root", slug="root", locale=cls.de)
        )
        for child in root.get_children():
            child.delete()
        root.refresh_from_db()
        home = HomePage(
            title="KI-Hub",
            slug="home",
            hero_title="KI verstehen",
            hero_text="<p>Willkommen.</p>",
            courses_title="Kurse",
            partners_title="Wer dahintersteht",
            locale=cls.de,
        )
        root.add_child(instance=home)
        home.save_revision().publish()
        cls.home = HomePage.objects.get(pk=home.pk)
        Site.objects.update_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "root_page": cls.home}
        )
        cls.catalogue = publish(cls.home, CourseIndexPage(title="Kurse", slug="kurse"))
        cls.course = draft(cls.catalogue, new_course("KI-Grundlagen", refresh_months=24))
        cls.modules = [publish(cls.course, new_module(f"Modul {n}")) for n in (1, 2)]
        cls.knowledge_check = publish(
            cls.modules[0],
            QuizPage(
                title="Wissenscheck",
                slug="wissenscheck",
                is_required=False,
                pass_mark=50,
                questions=json.dumps([true_false("KI")]),
            ),
        )
        cls.quiz = publish(
            cls.course,
            QuizPage(
                title="Abschlusstest",
                slug="abschlusstest",
                pass_mark=75,
                questions=json.dumps(
                    [single_choice("eins"), multiple_choice("zwei"), true_false("drei")]
                ),
            ),
        )
        # A course goes live after its parts.
        cls.course.refresh_from_db()
        cls.course.save_revision().publish()
        cls.course.refresh_from_db()

    @classmethod
    def build_people(cls) -> None:
        cls.coesfeld = cls.organisation("Stadt Coesfeld", "COE", "05558012")
        cls.olfen = cls.organisation("Stadt Olfen", "OLF", "05558036")
        cls.anna = cls.person("anna", "Anna", "Terhorst", cls.coesfeld, "Bürgerbüro")
        cls.otto = cls.person("otto", "Otto", "Brüning", cls.olfen, "Bauamt")
        cls.hilde = cls.hr_person("hilde", "Hilde", "Große-Wächter", cls.coesfeld)
        cls.bernd = cls.hr_person("bernd", "Bernd", "Schulze", cls.olfen)
        cls.admin = User.objects.create_superuser("admin", password="geheim")

    @classmethod
    def organisation(cls, name: str, code: str, key: str) -> Organisation:
        short = name.split()[-1]
        return Organisation.objects.create(
            slug=short.lower(),
            name=name,
            short_name=short,
            code=code,
            kind=Organisation.Kind.TOWN,
            official_key=key,
        )

    @classmethod
    def person(
        cls, username: str, first: str, last: str, organisation: Organisation, department: str
    ) -> User:
        user = User.objects.create_user(
            username, password="geheim", first_name=first, last_name=last
        )
        unit, _created = Department.objects.get_or_create(
            organisation=organisation, name=department
        )
        Membership.objects.create(user=user, organisation=organisation, department=unit)
        return user

    @classmethod
    def hr_person(cls, username: str, first: str, last: str, organisation: Organisation) -> User:
        user = cls.person(username, first, last, organisation, "Personalamt")
        group = Group.objects.create(name=f"Personalabteilung {organisation.short_name}")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        for codename in ("view_completion_list", "view_exportrun"):
            GroupOrganisationPermission.objects.create(
                group=group,
                organisation=organisation,
                permission=Permission.objects.get(codename=codename),
            )
        user.groups.add(group)
        return user

    def come_from_olfen(self) -> Membership:
        """*Mara* comes from Olfen, and shows Coesfeld what she completed there."""
        there = self.membership(self.person("mara", "Mara", "Elpers", self.olfen, "Bauamt"))
        proof = actions.enrol(membership=there, course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=proof, page=page)
        today = timezone.localdate()
        there.starts_on, there.ends_on = today - timedelta(9), today - timedelta(1)
        there.save()
        here = Membership.objects.create(
            user=there.user, organisation=self.coesfeld, starts_on=today
        )
        actions.release_proofs(membership=here, enrolments=[proof.uuid])
        return here

    def membership(self, user: User) -> Membership:
        return Membership.objects.get(user=user)

    def version(self, page: Page) -> ContentVersion:
        return ContentVersion.objects.filter(unit_key=page.translation_key).latest("number")
