"""HR takes a line of the proposed plan over, changes it and takes it back, on a phone."""

import pytest
from playwright.sync_api import expect

from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_a_proposal_becomes_a_requirement_and_is_taken_back(people, scripts):
    phone = people(
        "hr.coesfeld", viewport={"width": 320, "height": 800}, java_script_enabled=scripts
    )

    def look():
        if scripts:  # what looks for barriers is a script itself
            fits(phone, *WCAG)

    phone.goto("/admin/vorgaben/")
    look()
    phone.get_by_role("link", name="Vorgeschlagener Plan").first.click()
    row = phone.get_by_role("row").filter(has_text="Führungskräfte")
    expect(row).to_contain_text("offen")
    look()
    row.get_by_role("link", name="Vorschlag übernehmen").click()

    expect(phone.get_by_label("Zielgruppe")).to_contain_text("Führungskräfte")
    look()
    phone.get_by_label("Begründung").fill("Unsere Führungskräfte geben Werkzeuge frei.")
    phone.get_by_label("Frist").fill("2020-01-31")
    phone.get_by_role("button", name="Auswirkung ansehen").click()
    expect(phone.get_by_text("Die Frist liegt in der Vergangenheit")).to_be_visible()
    look()
    phone.get_by_role("button", name="Ändern").click()
    expect(phone.get_by_label("Begründung")).to_have_value(
        "Unsere Führungskräfte geben Werkzeuge frei."
    )
    phone.get_by_label("Frist").fill("")
    phone.get_by_role("button", name="Auswirkung ansehen").click()
    phone.get_by_role("button", name="Speichern").click()
    expect(phone.get_by_text("Die Vorgabe ist gespeichert.")).to_be_visible()
    look()

    phone.goto("/admin/vorgeschlagener-plan/")
    expect(row).to_contain_text("übernommen")
    row.get_by_role("link", name="Eigene Vorgabe").click()
    phone.goto(phone.url.replace("/edit/", "/delete/"))
    look()
    phone.get_by_role("button", name="Ja, löschen").click()
    expect(phone.get_by_text("Die Vorgabe ist gelöscht.")).to_be_visible()
