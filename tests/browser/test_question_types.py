"""A quiz that asks a question of every type, answered by keyboard and on a small screen."""

import pytest
from playwright.sync_api import expect

from .conftest import axe, sign_in

pytestmark = pytest.mark.browser

QUIZ = "/de/kurse/alle-fragetypen/quiz/"
STEPS = [
    "Zweck klären und prüfen, ob das Werkzeug dafür freigegeben ist",
    "Personenbezogene Daten entfernen",
    "Frage stellen",
    "Ergebnis an der Quelle prüfen",
]


def begin(tab, username) -> None:
    sign_in(tab, username)
    tab.goto(QUIZ)
    tab.locator("main form button").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("fieldset[data-question]")).to_have_count(10)


def choose(tab, field, text) -> None:
    """Choose in a select with the arrow keys."""
    field.focus()
    for _option in field.locator("option").all():
        if field.locator("option:checked").inner_text() == text:
            break
        tab.keyboard.press("ArrowDown")
    expect(field.locator("option:checked")).to_have_text(text)


def write(tab, label, text) -> None:
    tab.get_by_label(label).focus()
    tab.keyboard.type(text)


def test_every_type_is_answered_by_keyboard(tab, hub):
    begin(tab, "jan.kowalczyk")
    for question, answer in (
        ("Was gilt für eins?", "A"),
        ("Ich fühle mich sicher", "4"),
        ("drei stimmt.", "Richtig"),
    ):
        group = tab.get_by_role("group", name=question)
        group.get_by_label(answer, exact=True).focus()
        tab.keyboard.press("Space")
    for answer in ("A", "B"):
        group = tab.get_by_role("group", name="Was alles gilt für zwei?")
        group.get_by_label(answer, exact=True).focus()
        tab.keyboard.press("Space")
    for prompt, match in (
        ("Fasst ein langes Protokoll zusammen", "Sprachmodell"),
        ("Erkennt Schlaglöcher", "Bilderkennung"),
        ("Schreibt eine gesprochene Sitzung mit", "Spracherkennung"),
    ):
        choose(tab, tab.get_by_label(prompt), match)
    choose(tab, tab.get_by_label("Lücke 1 von 3"), "öffentliche")
    write(tab, "Lücke 2 von 3", "dsgvo")
    write(tab, "Lücke 3 von 3", "Mensch")
    group = tab.get_by_role("group", name="Was schützt personenbezogene Daten?")
    group.get_by_label("Ihre Antwort").focus()
    tab.keyboard.type("Datenschutz")
    write(tab, "Ihre Antwort in kg", "1,3 kg")
    group = tab.get_by_role("group", name="Warum prüft am Ende ein Mensch?")
    group.get_by_label("Ihre Antwort").focus()
    tab.keyboard.type("Weil ein Mensch es verantwortet.")
    # Steps are moved by buttons where there is JavaScript; the focus stays on the button.
    steps = tab.locator(".hub-steps")
    for place, text in enumerate(STEPS):
        up = steps.get_by_role("button", name=f"Nach oben: {text}")
        up.focus()
        while steps.locator("label").nth(place).inner_text() != text:
            tab.keyboard.press("Enter")
            expect(up).to_be_focused()
    expect(steps.locator("+ [role=status]")).to_contain_text("Platz")
    places = [select.input_value() for select in steps.locator("select").all()]
    assert places == ["1", "2", "3", "4"]
    expect(tab.locator(".hub-question__saved:has-text('gespeichert')")).to_have_count(10)
    tab.get_by_role("button", name="Antworten abgeben").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Abgegeben. Vielen Dank!")
    expect(tab.locator("main")).to_contain_text("19 von 22 Punkten")
    assert axe(tab) == []
    assert tab.complaints == []


def test_what_cannot_be_kept_stays_to_be_corrected_without_javascript(chromium, hub):
    context = chromium.new_context(locale="de-DE", base_url=hub.address, java_script_enabled=False)
    tab = context.new_page()
    begin(tab, "emine.yilmaz")
    write(tab, "Ihre Antwort in kg", "schwer")
    for place, text in enumerate(STEPS, start=1):
        tab.get_by_label(text).select_option(str(place))
    tab.get_by_role("button", name="Antworten abgeben").click()
    field = tab.get_by_label("Ihre Antwort in kg")
    expect(field).to_have_value("schwer")
    expect(field).to_have_accessible_description(
        "„schwer“ ist keine Zahl. Bitte schreiben Sie nur Ziffern, zum Beispiel 12,5."
    )
    field.fill("1,234")
    tab.get_by_role("button", name="Speichern und später weitermachen").click()
    tab.goto(QUIZ)
    tab.get_by_role("button", name="Versuch fortsetzen").click()
    expect(tab.get_by_label("Ihre Antwort in kg")).to_have_value("1,234")
    expect(tab.get_by_label(STEPS[3])).to_have_value("4")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_type_fits_a_small_screen(chromium, hub, scheme):
    context = chromium.new_context(
        locale="de-DE",
        base_url=hub.address,
        color_scheme=scheme,
        viewport={"width": 320, "height": 800},
    )
    tab = context.new_page()
    begin(tab, "tobias.niehues")
    assert axe(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    for field in tab.locator("select, textarea, input[type=text]").all():
        box = field.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
        assert box["height"] >= 44
    context.close()


def test_a_free_text_is_marked_and_told(chromium, hub):
    learner = chromium.new_context(locale="de-DE", base_url=hub.address)
    tab = learner.new_page()
    begin(tab, "ole.brinkmann")
    tab.locator("textarea").fill("Weil ein Mensch entscheidet.")
    tab.get_by_role("button", name="Antworten abgeben").click()
    tab.get_by_role("button", name="Ohne diese Antworten abgeben").click()
    expect(tab.locator("main")).to_contain_text("von einem Menschen gelesen und bewertet")
    staff = chromium.new_context(locale="de-DE", base_url=hub.address)
    desk = staff.new_page()
    sign_in(desk, "freigabe.holtkamp")
    desk.goto("/admin/freitexte/")
    assert axe(desk, "wcag2a", "wcag2aa", "wcag21aa", "wcag22aa") == []
    for _answer in range(desk.locator("#main tbody tr").count()):
        desk.goto("/admin/freitexte/")
        desk.locator("#main tbody a").first.click()
        assert "Brinkmann" not in desk.locator("#main").inner_text()
        assert axe(desk, "wcag2a", "wcag2aa", "wcag21aa", "wcag22aa") == []
        desk.get_by_label("Punkte").fill("2.5")
        desk.get_by_label("Kommentar").fill("Gut gesehen.")
        desk.get_by_role("button", name="Speichern").click()
    expect(desk.locator("body")).to_contain_text("Die Antwort ist bewertet.")
    staff.close()
    tab.goto("/de/mein-lernen/")
    assert axe(tab) == []
    tab.get_by_role("link", name="Ergebnis ansehen").click()
    expect(tab.locator("main")).to_contain_text("2,50 von 3 Punkten")
    expect(tab.locator("main")).to_contain_text("Gut gesehen.")
    assert axe(tab) == []
    learner.close()
