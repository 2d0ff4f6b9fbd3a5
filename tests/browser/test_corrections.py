"""A wrong key is corrected: declared, seen before, approved by another person, told to learners."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import axe, sign_in
from .corrected_course import OF_THE_BANK, TYPED
from .test_editing import EDITOR, REVIEWER

pytestmark = pytest.mark.browser

COURSE = "/de/kurse/kurs-mit-falschen-schlusseln"
NOTE = "Im Schlüssel stand die falsche Antwort."
#: Wagtail's own frame is held to the standard, not to what is only good practice.
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@pytest.fixture
def people(chromium, hub):
    """A tab for each person, signed in; the learner's is a phone."""
    contexts = []

    def sit_down(username, **options) -> Page:
        context = chromium.new_context(locale="de-DE", base_url=hub.address, **options)
        contexts.append(context)
        tab = context.new_page()
        sign_in(tab, username)
        return tab

    yield sit_down
    for context in contexts:
        context.close()


def fits(tab: Page, *tags: str) -> None:
    """The page has no barrier that a machine finds, and no scroll bar on a phone."""
    assert axe(tab, *tags) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


def answer(tab: Page, path: str, question: str) -> None:
    """Take a quiz of one question, and fail by its wrong key."""
    tab.goto(COURSE + path)
    tab.locator("main form button").first.click()
    tab.get_by_role("group", name=question).get_by_label("B", exact=True).check()
    tab.get_by_role("button", name="Antworten abgeben").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Noch nicht bestanden")


def change_key(tab: Page) -> None:
    """In the editor on the screen: not A is right, but B."""
    boxes = tab.get_by_label("Diese Antwort ist richtig")
    boxes.nth(0).uncheck()
    boxes.nth(1).check()


def choose_action(tab: Page, name: str) -> None:
    """What stands behind the arrow beside the button at the foot of the editor.

    Wagtail saves by itself what is typed; no person is as quick as this journey.
    """
    tab.wait_for_timeout(2500)
    tab.locator("footer .w-dropdown__toggle").click()
    tab.get_by_role("button", name=name).click()


def declare(tab: Page) -> None:
    """Submit, be refused, say what it is, see what it does, propose it."""
    choose_action(tab, "In Untergruppe Qualifizierung einreichen")
    expect(tab.locator("main")).to_contain_text("Bitte speichern Sie den Entwurf und geben Sie")
    tab.get_by_role("button", name="Entwurf speichern").click()
    expect(tab.locator(".messages .success")).to_be_visible()
    tab.locator("a.button", has_text="Korrekturen").click()
    expect(tab.get_by_role("heading", level=2, name="Korrekturen:")).to_be_visible()
    assert axe(tab, *WCAG) == []
    changed = tab.locator(".hub-correction").first
    expect(changed).to_contain_text("1 Person hat diese Frage beantwortet")
    changed.get_by_label("Falscher Lösungsschlüssel").check()
    changed.get_by_label("Hinweis für").fill(NOTE)
    changed.get_by_role("button", name="Zeigen, was").click()
    effect = tab.locator(".hub-correction").first.get_by_role("status")
    expect(effect).to_contain_text("1 Person besteht nun, 0 bestehen nun nicht mehr")
    assert axe(tab, *WCAG) == []
    tab.get_by_role("button", name="Diese Korrektur vorschlagen").click()
    expect(tab.locator(".messages .success")).to_contain_text("Vorgeschlagen")


def approve_and_publish(tab: Page, title: str) -> None:
    """The second person finds it on the start page, looks at both texts, approves, publishes."""
    tab.goto("/admin/")
    tab.locator("#corrections-content, #panel-corrections").first.get_by_role(
        "link", name=re.compile(title)
    ).click()
    expect(tab.locator("main")).to_contain_text("So wurde gefragt")
    expect(tab.locator("main")).to_contain_text("1 Person besteht nun")
    assert axe(tab, *WCAG) == []
    tab.get_by_role("button", name="Freigeben", exact=True).click()
    message = tab.locator(".messages .success")
    expect(message).to_contain_text("Freigegeben")
    message.get_by_role("link").click()
    choose_action(tab, "Veröffentlichen")
    expect(tab.locator(".messages .success")).to_contain_text("veröffentlicht")


def read_the_better_result(tab: Page, title: str) -> None:
    tab.goto("/de/mein-lernen/")
    notice = tab.locator(".hub-notice").filter(has_text=title)
    expect(notice).to_contain_text("zu Ihren Gunsten korrigiert")
    expect(notice).to_contain_text(NOTE)
    fits(tab)
    notice.get_by_role("link", name="Ergebnis ansehen").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Bestanden")
    fits(tab)
    tab.goto("/de/mein-lernen/")
    tab.locator(".hub-notice").filter(has_text=title).get_by_role("button").click()
    expect(tab.locator(".hub-notice").filter(has_text=title)).to_have_count(0)


def test_the_key_of_a_question_of_the_bank(people):
    learner = people("jan.kowalczyk", viewport={"width": 320, "height": 800})
    answer(learner, "/pool/", OF_THE_BANK)
    editor = people(EDITOR)
    editor.goto("/admin/fragenpool/?q=Frage+aus+dem+Pool")
    editor.get_by_role("link", name="Frage aus dem Pool", exact=True).click()
    change_key(editor)
    declare(editor)
    approve_and_publish(people(REVIEWER), "Frage aus dem Pool")
    read_the_better_result(learner, "Quiz aus dem Pool")


def test_the_key_of_a_question_typed_in_a_quiz(people):
    learner = people("emine.yilmaz", viewport={"width": 320, "height": 800})
    answer(learner, "/getippt/", TYPED)
    editor = people(EDITOR)
    editor.goto("/admin/kurse/")
    editor.get_by_role("link", name="Unterseiten von ‚Kurs mit falschen Schlüsseln‘").click()
    editor.get_by_role("link", name="Getipptes Quiz", exact=True).click()
    change_key(editor)
    declare(editor)
    approve_and_publish(people(REVIEWER), "Getipptes Quiz")
    read_the_better_result(learner, "Getipptes Quiz")
