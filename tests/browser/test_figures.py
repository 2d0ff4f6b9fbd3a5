"""HR and the Kreis read figures of groups: on a phone, by keyboard, as a screen reader does."""

import re

import pytest
from playwright.sync_api import expect

from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 800}
COURSE = "KI-Grundlagen für alle Beschäftigten"


def test_hr_reads_coverage_and_hours_by_keyboard(people):
    tab = people("hr.coesfeld")
    tab.goto("/admin/")
    tab.get_by_role("button", name="Listen und Zahlen").focus()
    tab.keyboard.press("Enter")
    menu = tab.locator(".sidebar-sub-menu-panel")
    expect(menu.get_by_role("link", name="Auswertungskatalog")).to_be_visible()
    expect(menu.get_by_role("link", name="Zahlen der Behörden")).to_have_count(0)
    menu.get_by_role("link", name="Abdeckung der Vorgaben").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/abdeckung/")

    tab.set_viewport_size(PHONE)
    fits(tab, *WCAG)
    table = tab.get_by_role("table", name="Stadt Coesfeld")
    assert table.get_by_role("columnheader").all_inner_texts() == [
        "Kurs",
        "Gezählte Personen",
        "Abgeschlossen",
        "Anteil",
    ]
    row = table.get_by_role("row").filter(has_text=COURSE)
    expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+ bis \d+$"))
    # The bar says what the cell says, to the eye alone.
    expect(row.get_by_role("cell").nth(2)).to_contain_text(re.compile(r"\d % bis \d+ %"))
    expect(row.locator("svg")).to_have_attribute("aria-hidden", "true")
    expect(row.locator("svg")).to_be_visible()
    row.get_by_role("rowheader").get_by_role("link").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=2)).to_contain_text(COURSE)
    fits(tab, *WCAG)
    for name in ("nach Organisationseinheit", "nach Zielgruppe"):
        table = tab.get_by_role("table", name=name)
        expect(table.get_by_role("rowheader", name="insgesamt")).to_be_visible()

    tab.goto("/admin/auswertungen/lernstunden/")
    fits(tab, *WCAG)
    total = tab.get_by_role("row").filter(has_text="insgesamt")
    expect(total.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+ bis \d+$"))

    tab.goto("/admin/auswertungskatalog/coesfeld/")
    fits(tab, *WCAG)
    heading = tab.get_by_role("heading", name="Abdeckung der Vorgaben: eingeschaltet")
    expect(heading).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_kreis_reads_authorities_as_a_whole(people, scripts):
    tab = people("hr.kreis-coesfeld", viewport=PHONE, java_script_enabled=scripts)
    tab.goto("/admin/auswertungen/behoerden/")
    if scripts:  # what looks for barriers is a script itself
        fits(tab, *WCAG)
    table = tab.get_by_role("table", name=COURSE)
    expect(table.get_by_role("rowheader", name="Stadt Coesfeld")).to_be_visible()
    # Olfen has not switched it on; of no authority a department is told.
    expect(tab.locator("main")).not_to_contain_text("Olfen")
    expect(tab.locator("main")).not_to_contain_text("Jugend, Familie und Bildung")
