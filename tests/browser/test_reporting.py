"""Reporting a faulty question in the middle of an attempt, and what the editor makes of it."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import axe, sign_in

pytestmark = pytest.mark.browser

QUIZ = "/de/kurse/alle-fragetypen/quiz/"
WEIGHT = "Wie schwer ist das Netzteil?"
ADMIN_RULES = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa")


def begin(tab, username) -> None:
    sign_in(tab, username)
    tab.goto(QUIZ)
    tab.locator("main form button").first.click()
    expect(tab.locator("fieldset[data-question]")).to_have_count(10)


def question(tab, text):
    """What a page shows of one question, its buttons included."""
    return tab.locator(".hub-asked").filter(has=tab.get_by_role("group", name=text))


def test_a_report_opens_the_right_block(chromium, hub, tab):
    begin(tab, "linh.nguyen")
    tab.locator("textarea").fill("Noch nicht zu Ende")
    # By keyboard: the button, the kind, the text.
    question(tab, WEIGHT).get_by_role("button", name="Fehler melden").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("melden")
    expect(tab.locator("main")).to_contain_text(WEIGHT)
    assert axe(tab) == []
    tab.get_by_label("Etwas anderes").focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Meldung senden").click()
    expect(tab.get_by_role("alert")).to_contain_text("in wenigen Worten")
    assert axe(tab) == []
    tab.get_by_label("Was soll die Redaktion wissen?").focus()
    tab.keyboard.type("Auf dem Netzteil steht etwas anderes.")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")

    # Back at the question, and nothing is lost.
    said = tab.locator("#gemeldet")
    expect(said).to_contain_text("bei der Redaktion angekommen")
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect(question(tab, WEIGHT).locator("#gemeldet")).to_have_count(1)
    expect(tab.locator("textarea")).to_have_value("Noch nicht zu Ende")
    assert axe(tab) == []
    question(tab, WEIGHT).get_by_role("button", name="Fehler melden").click()
    expect(tab.locator("main")).to_contain_text("heute schon gemeldet")
    assert axe(tab) == []
    tab.get_by_role("link", name="Zurück zur Frage").click()
    tab.get_by_role("button", name="Antworten abgeben").click()
    tab.get_by_role("button", name="Ohne diese Antworten abgeben").click()
    expect(tab.get_by_role("link", name="Fehler melden")).to_have_count(10)
    assert axe(tab) == []
    assert tab.complaints == []

    staff = chromium.new_context(locale="de-DE", base_url=hub.address)
    desk = staff.new_page()
    sign_in(desk, "redaktion.behrens")
    desk.goto("/admin/")
    panel = desk.locator("#question-reports-section")
    expect(panel).to_contain_text("Gemeldete Fragen")
    panel.get_by_role("link", name="Frage öffnen").click()
    block = desk.locator(f"[id='{re.search('#(.+)', desk.url)[1]}']")
    expect(block).to_contain_text(WEIGHT)
    toggle = block.locator("[data-panel-toggle]").first
    expect(toggle).to_be_focused()
    # Wagtail goes on building the form for a moment.
    desk.wait_for_timeout(3000)
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(toggle).to_be_in_viewport()

    desk.get_by_role("link", name=f"Etwas anderes: {WEIGHT}").click()
    expect(desk.locator("#main")).to_contain_text("Auf dem Netzteil steht etwas anderes.")
    assert "Linh" not in desk.locator("#main").inner_text()
    assert axe(desk, *ADMIN_RULES) == []
    desk.get_by_label("Was wurde getan?").fill("Bild getauscht")
    desk.get_by_role("button", name="Meldung schließen").click()
    expect(desk.locator(".messages")).to_contain_text("Die Meldung ist geschlossen.")
    desk.goto("/admin/gemeldete-fragen/?status=closed")
    assert axe(desk, *ADMIN_RULES) == []
    desk.get_by_role("link", name=WEIGHT, exact=True).click()
    expect(desk.locator("#main")).to_contain_text("Bild getauscht")
    expect(desk.locator("#main")).to_contain_text("Von Miriam Behrens am")
    assert axe(desk, *ADMIN_RULES) == []
    staff.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_fits_a_small_screen(chromium, hub, scheme):
    context = chromium.new_context(
        locale="de-DE",
        base_url=hub.address,
        color_scheme=scheme,
        viewport={"width": 320, "height": 800},
    )
    tab = context.new_page()
    begin(tab, "sophie.grosse-waechter")
    question(tab, WEIGHT).get_by_role("button", name="Fehler melden").click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    assert axe(tab) == []
    for field in tab.locator("label.hub-option, textarea, main .kern-btn").all():
        box = field.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
        assert box["height"] >= 44
    tab.get_by_label("Rechtschreibfehler").check()
    context.close()


def test_without_javascript_answers_are_kept_and_the_way_leads_back(chromium, hub):
    context = chromium.new_context(locale="de-DE", base_url=hub.address, java_script_enabled=False)
    tab = context.new_page()
    begin(tab, "katharina.elpers")
    tab.get_by_role("group", name="Was gilt für eins?").get_by_label("B", exact=True).check()
    tab.locator("textarea").fill("Noch nicht zu Ende")
    question(tab, WEIGHT).get_by_role("button", name="Fehler melden").click()
    tab.get_by_label("Die Frage ist schwer zu verstehen").check()
    tab.get_by_role("button", name="Meldung senden").click()
    said = question(tab, WEIGHT).get_by_text("bei der Redaktion angekommen")
    expect(said).to_be_visible()
    expect(said).to_be_in_viewport()
    expect(tab.locator("textarea")).to_have_value("Noch nicht zu Ende")
    group = tab.get_by_role("group", name="Was gilt für eins?")
    expect(group.get_by_label("B", exact=True)).to_be_checked()

    # What cannot be kept stops nobody from saying that the question is faulty.
    tab.get_by_label("Ihre Antwort in kg").fill("schwer")
    drei = question(tab, "drei stimmt.")
    drei.get_by_role("button", name="Fehler melden").click()
    expect(tab.get_by_label("Ihre Antwort in kg")).to_have_value("schwer")
    tab.get_by_role("link", name="trotzdem melden").click()
    expect(tab.locator("main")).to_contain_text("drei stimmt.")
    tab.get_by_role("link", name="Zurück ohne Meldung").click()
    expect(tab.locator("textarea")).to_have_value("Noch nicht zu Ende")
    context.close()
