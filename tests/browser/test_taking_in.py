"""HR takes a list of employees in, on a phone: says what columns mean, looks, confirms, reads."""

import re

import pytest
from playwright.sync_api import Page, expect

from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser

LIST = """\
Personalliste, Stand {day}
So gerufen (laut Stammdaten des Personalverfahrens);Nachname;Nr. im Verfahren;E-Mail;Amt;Von;Bis
Đorđe;Özgür-Łukasiewicz;007001;dorde.oezguer@coesfeld.example;Standesamt;01.12.2026;
Mechthild;Große Holtforth;007002;m.holtforth@coesfeld.example;Standesamt;01.12.2026;
Ida;Ohnedatum;007003;ida.ohnedatum@coesfeld.example;Standesamt;31.02.2026;
"""

#: Waits until an element has moved to the side.
SCROLLED = """box => new Promise(done => {
  if (box.scrollLeft) done();
  box.addEventListener("scroll", done, {once: true});
})"""


def upload(phone: Page, day: str) -> None:
    phone.goto("/admin/beschaeftigte-einlesen/")
    phone.get_by_label("Liste der Beschäftigten").set_input_files(
        {"name": "dezember.csv", "mimeType": "text/csv", "buffer": LIST.format(day=day).encode()}
    )
    phone.get_by_role("button", name="Zeigen, was geschehen würde").click()


def take_another_row(phone: Page) -> None:
    """By keyboard the title for the headings, by mistake, and back to the row that was found."""
    rows = phone.get_by_role("region", name="Erste Zeilen der Liste")
    first, second = (rows.get_by_role("radio", name=f"Zeile {number}") for number in (1, 2))
    expect(second).to_be_checked()
    expect(second).to_have_accessible_description(re.compile("Nachname Nr. im Verfahren"))
    for key, taken in (("ArrowUp", first), ("ArrowDown", second)):
        rows.get_by_role("radio", checked=True).focus()
        phone.keyboard.press(key)
        phone.get_by_role("button", name="Diese Zeile nehmen").press("Enter")
        expect(phone).to_have_url(re.compile("heading_row="))
        expect(taken).to_be_checked()
        fits(phone, *WCAG)
        # The rest of the list is read by scrolling, which needs no mouse.
        rows.focus()
        phone.keyboard.press("ArrowRight")
        rows.evaluate(SCROLLED)
    expect(phone.get_by_role("heading", level=3)).to_contain_text("Zeile 2")


def shown(phone: Page, outcome: str) -> None:
    """Go to the rows with one outcome; the page fits a phone and has no barrier."""
    phone.get_by_role("navigation", name="Ergebnisse").get_by_role("link", name=outcome).click()
    fits(phone, *WCAG)


def test_a_list_is_read_shown_confirmed_and_told_of(people):
    phone = people("hr.coesfeld", viewport={"width": 320, "height": 800})
    phone.goto("/admin/beschaeftigte-einlesen/")
    fits(phone, *WCAG)

    upload(phone, "01.12.2026")
    expect(phone.get_by_role("heading", level=2)).to_contain_text("Welche Spalten")
    fits(phone, *WCAG)
    take_another_row(phone)
    first_name = phone.get_by_label("Vorname")
    box = first_name.bounding_box()
    assert box["x"] + box["width"] <= 320
    first_name.select_option(index=1)
    phone.get_by_label("Personalnummer").select_option(label="Spalte 3: Nr. im Verfahren")
    phone.get_by_role("button", name="Zeigen, was geschehen würde").click()

    expect(phone.get_by_text("Es wurde noch nichts gespeichert.")).to_be_visible()
    expect(phone.get_by_role("row").filter(has_text="Ohnedatum")).to_contain_text("31.02.2026")
    fits(phone, *WCAG)
    shown(phone, "neu")
    expect(phone.get_by_role("row").filter(has_text="Özgür-Łukasiewicz")).to_contain_text("007001")
    shown(phone, "nicht in der Liste")
    phone.get_by_role("button", name="2 Personen übernehmen").click()

    expect(phone.get_by_text(re.compile("Übernommen am"))).to_be_visible()
    shown(phone, "neu")
    with phone.expect_download() as report:
        phone.get_by_role("link", name="Alle Zeilen als CSV herunterladen").click()
    assert "Große Holtforth" in report.value.path().read_text(encoding="utf-8-sig")

    # The columns are remembered, whatever stands above them, and the same list changes nothing.
    upload(phone, "02.12.2026")
    expect(phone.get_by_text("Es gibt nichts zu übernehmen.")).to_be_visible()
    fits(phone, *WCAG)
    shown(phone, "unverändert")
    expect(phone.get_by_role("row").filter(has_text="Große Holtforth")).to_be_visible()
