"""HR merges two accounts of one person, who reads of it, and undoes it: on a phone and a desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import axe
from .test_corrections import WCAG
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [320, 1200])
def test_two_accounts_become_one_and_two_again(people, width, tmp_path):
    viewport = {"width": width, "height": 800}
    hr = people("hr.coesfeld", viewport=viewport)

    def look(tab, name):
        # A message that is still fading in has no contrast yet.
        tab.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
        assert axe(tab, *WCAG) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)

    hr.goto("/admin/doppelte-konten/")
    look(hr, "accounts")
    row = hr.get_by_role("row").filter(has_text="gleicher Name")
    names = row.locator("td").first.inner_text().split("\n")
    hr.get_by_label("Name, Personalnummer oder E-Mail").fill(names[0])
    hr.get_by_role("button", name="Suchen").click()
    boxes = hr.get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.check()
    look(hr, "found")
    hr.get_by_role("button", name="vergleichen").click()

    expect(hr.get_by_text("abgeschlossen am")).to_be_visible()
    look(hr, "preview")
    kept = hr.locator("tbody td").nth(0).inner_text().split("\n")[1]
    hr.get_by_label("Grund").fill("Ein zweites Mal angelegt")
    hr.get_by_role("button", name="Konten zusammenführen").click()
    expect(hr.get_by_text("Die Konten sind zusammengeführt.")).to_be_visible()
    look(hr, "merged")

    person = people(kept, viewport=viewport)
    person.goto("/de/mein-lernen/")
    notice = person.get_by_text("Ihre zwei Konten wurden zusammengeführt.")
    expect(notice).to_be_visible()
    look(person, "told")

    hr.get_by_label("Grund").fill("Doch zwei Personen")
    hr.get_by_role("button", name="rückgängig machen").click()
    expect(hr.get_by_text("Beide Konten sind, wie sie waren.")).to_be_visible()
    look(hr, "undone")
    person.reload()
    expect(person.get_by_text("wieder getrennt")).to_be_visible()
    person.get_by_role("button", name=re.compile("Verstanden")).first.click()
    expect(person.get_by_text("wieder getrennt")).to_have_count(0)
