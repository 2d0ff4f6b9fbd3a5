"""HR reads the lists by name: on a phone, by keyboard, as a screen reader does."""

import pytest
from playwright.sync_api import expect

from .conftest import axe
from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 800}
DESK = {"width": 1200, "height": 900}
COURSE = "KI-Grundlagen für alle Beschäftigten"
LISTS = {
    "Abschlussmatrix": ("Person", "Organisationseinheit"),
    "Offen und überfällig": ("Person", "Frist", "Status"),
    "Läuft bald ab": ("Person", "Gültig bis", "Auffrischung fällig"),
    "Ausgestellte Nachweise": ("Nummer", "Ausgestellt am", "Ersetzt durch"),
}


@pytest.mark.parametrize("label", LISTS)
def test_a_list_by_keyboard_at_the_desk_and_on_a_phone(people, label):
    tab = people("hr.duelmen")
    tab.set_viewport_size(DESK)
    tab.goto("/admin/")
    tab.get_by_role("button", name="Listen und Zahlen").focus()
    tab.keyboard.press("Enter")
    entry = tab.locator(".sidebar-sub-menu-panel").get_by_role("link", name=label)
    entry.focus()
    tab.keyboard.press("Enter")
    table = tab.get_by_role("table", name=label)
    expect(table).to_be_visible()
    assert axe(tab, *WCAG) == []
    for heading in LISTS[label]:
        expect(table.get_by_role("columnheader", name=heading)).to_have_count(1)
    assert table.get_by_role("rowheader").count() > 1
    tab.set_viewport_size(PHONE)
    fits(tab, *WCAG)
    # What a cell is stands before it, where its heading is out of sight.
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_be_visible()
    expect(row.get_by_role("cell").first).to_be_visible()


def test_headings_of_the_matrix_stay_in_sight(people):
    tab = people("hr.duelmen")
    tab.set_viewport_size({"width": 900, "height": 500})
    tab.goto("/admin/abschlussmatrix/")
    region = tab.get_by_role("region", name="Abschlussmatrix")
    region.evaluate("element => element.scrollTo(200, 600)")
    assert region.evaluate("element => element.scrollTop") > 0
    expect(region.get_by_role("columnheader", name=COURSE)).to_be_in_viewport()
    row = region.get_by_role("rowheader").nth(12)
    box, frame = row.bounding_box(), region.bounding_box()
    assert box["x"] >= frame["x"] - 1


def test_it_is_handed_over_as_it_is_narrowed(people):
    tab = people("hr.duelmen")
    tab.goto("/admin/offen-und-ueberfaellig/?status=overdue")
    expect(tab.get_by_role("table").get_by_text("Frist abgelaufen").first).to_be_visible()
    tab.get_by_role("link", name="Als Datei übergeben").click()
    expect(tab.locator("main")).to_contain_text("Status: Frist abgelaufen")
