"""What editors and reviewers do, from an empty course to a learner who completes it."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in

pytestmark = pytest.mark.browser

EDITOR, REVIEWER, LEARNER = "redaktion.behrens", "freigabe.holtkamp", "anna.terhorst"


@pytest.fixture
def people(chromium, hub):
    """A tab for each of the three, signed in."""
    contexts, tabs = [], {}
    for username in (EDITOR, REVIEWER, LEARNER):
        context = chromium.new_context(locale="de-DE", base_url=hub.address)
        contexts.append(context)
        tabs[username] = context.new_page()
        sign_in(tabs[username], username)
    yield tabs
    for context in contexts:
        context.close()


def below(tab: Page, page: str) -> None:
    """Go to the pages below the page of that title, from the list on the screen."""
    tab.get_by_role("link", name=f"Unterseiten von ‚{page}‘ durchsehen").click()


def begin(tab: Page, kind: str, title: str) -> None:
    """Begin a page below the one whose list is on the screen."""
    tab.get_by_role("link", name="Unterseite hinzufügen").first.click()
    if "add_subpage" in tab.url:
        tab.get_by_role("link", name=re.compile(f"^{kind}")).click()
    tab.locator("#id_title").fill(title)


def add_block(tab: Page, field: str, kind: str = "") -> None:
    """Add a block at the end of a field; without ``kind`` there is only one."""
    tab.locator(f"[data-contentpath={field}] .c-sf-add-button").last.click()
    if kind:
        tab.get_by_role("option", name=kind, exact=True).click()


def write(tab: Page, field: str, text: str) -> None:
    """Type into the first rich text of a field; the editor hands it to the form a moment later."""
    field_of_form = tab.locator(f"[data-contentpath={field}] .w-field--draftail_rich_text_area")
    editor = field_of_form.first.locator("[contenteditable=true]")
    editor.click()
    expect(editor).to_be_focused()
    editor.press_sequentially(text)
    expect(field_of_form.first.locator("input[type=hidden]")).to_have_value(
        re.compile(re.escape(text))
    )


def save(tab: Page) -> None:
    tab.get_by_role("button", name="Entwurf speichern").click()
    expect(tab.locator(".messages .success")).to_be_visible()


def submit(tab: Page) -> None:
    """Submit the page on the screen for approval.

    Wagtail saves by itself what is typed. No person is as quick as this journey: a save still under
    way would put what was typed before over what is submitted now.
    """
    tab.wait_for_timeout(2500)
    tab.locator("footer .w-dropdown__toggle").click()
    tab.get_by_role("button", name="In Untergruppe Qualifizierung einreichen").click()


def approve(tab: Page, title: str) -> None:
    """Approve a page on the start page of the administration."""
    tab.goto("/admin/")
    row = tab.get_by_role("row").filter(has=tab.get_by_role("link", name=title, exact=True))
    row.get_by_role("button", name="Aktionen").click()
    with tab.expect_response(re.compile("/workflow/action/")):
        tab.get_by_role("button", name="Freigeben", exact=True).click()
    expect(row).to_have_count(0)


def test_from_an_empty_course_to_a_learner_who_completes_it(people):
    tab, review, learn = people[EDITOR], people[REVIEWER], people[LEARNER]
    success, error = tab.locator(".messages .success"), tab.locator(".messages .error")

    # A course is a draft until it has a part.
    tab.goto("/admin/")
    tab.get_by_role("link", name="Kurse", exact=True).click()
    begin(tab, "Kurs", "KI im Bürgerbüro")
    tab.locator("#id_summary").fill("Wo KI am Schalter hilft.")
    add_block(tab, "objectives")
    tab.locator("[data-contentpath=objectives] input[type=text]").fill("Sie erkennen KI.")
    tab.get_by_label("Recht", exact=True).check()
    save(tab)
    submit(tab)
    expect(error).to_contain_text("noch keinen Teil")
    course = re.search(r"/pages/(\d+)/", tab.url)[1]

    # A module with a text, approved on the start page.
    tab.goto(f"/admin/pages/{course}/")
    begin(tab, "Modul", "Am Schalter")
    add_block(tab, "body", "Überschrift")
    tab.locator("input[name=body-0-value]").fill("Worum es geht")
    add_block(tab, "body", "Text")
    write(tab, "body", "Frau Niehoff nimmt einen Antrag an.")
    tab.get_by_role("button", name="Vorschau umschalten").click()
    preview = tab.frame_locator("#w-preview-iframe")
    expect(preview.locator("article")).to_contain_text("Frau Niehoff nimmt einen Antrag an.")
    submit(tab)
    expect(success).to_contain_text("zur Freigabe eingereicht")
    approve(review, "Am Schalter")

    # A question without a right answer is kept in a draft and refused where it is typed.
    begin(tab, "Quiz", "Abschlusstest")
    add_block(tab, "questions", "Einfachauswahl")
    write(tab, "questions", "Was ist KI?")
    for number, text in enumerate(("Ein lernendes System", "Jedes Formular")):
        tab.locator(f"input[name=questions-0-value-options-{number}-value-text]").fill(text)
    save(tab)
    submit(tab)
    answers = tab.locator("[data-contentpath=questions] [data-contentpath=options]")
    expect(answers).to_contain_text("Bitte markieren Sie die richtige Antwort")
    answers.get_by_label("Diese Antwort ist richtig").first.check()
    submit(tab)
    expect(success).to_contain_text("zur Freigabe eingereicht")
    approve(review, "Abschlusstest")

    # Now the course may go live.
    tab.goto(f"/admin/pages/{course}/edit/")
    submit(tab)
    expect(success).to_contain_text("zur Freigabe eingereicht")
    approve(review, "KI im Bürgerbüro")

    learn.goto("/de/kurse/")
    learn.get_by_role("link", name="KI im Bürgerbüro").first.click()
    learn.get_by_role("button", name="Kurs beginnen").click()
    expect(learn.locator("article")).to_contain_text("Frau Niehoff nimmt einen Antrag an.")
    learn.get_by_role("button", name="Als gelernt markieren").click()
    learn.get_by_role("button", name="Beginnen").click()
    learn.get_by_label("Ein lernendes System").check()
    learn.get_by_role("button", name="Antworten abgeben").click()
    expect(learn.get_by_role("heading", level=1)).to_contain_text("Bestanden")


def test_an_editor_finds_no_field_for_the_own_name(people):
    tab = people[EDITOR]
    tab.goto("/admin/account/")
    expect(tab.locator("main")).to_contain_text("Miriam Behrens")
    expect(tab.locator("main")).to_contain_text("lässt sich nur dort ändern")
    assert tab.locator("input[name*=name]").count() == 0
