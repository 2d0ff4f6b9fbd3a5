"""HR has a list made regularly: by keyboard, on a phone, without JavaScript."""

import pytest
from playwright.sync_api import expect

from .test_corrections import WCAG, fits
from .test_corrections import people as people  # a fixture

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 800}


def test_set_up_by_keyboard_on_a_phone_and_stopped(people):
    tab = people("hr.duelmen")
    tab.set_viewport_size(PHONE)
    tab.goto("/admin/uebergaben/neu/abschlussliste/?status=overdue")
    tab.get_by_role("link", name="Regelmäßig erstellen").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_contain_text("Status: Frist abgelaufen")
    fits(tab, *WCAG)
    tab.get_by_role("button", name="Regelmäßig erstellen").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_contain_text("Dieses Feld muss ausgefüllt werden")
    fits(tab, *WCAG)
    tab.get_by_label("Zweck").fill("Planung der Schulungen")
    tab.get_by_label("vierteljährlich").focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Regelmäßig erstellen").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Abschlussliste, vierteljährlich")).to_be_visible()
    fits(tab, *WCAG)
    own = tab.url
    tab.goto("/admin/regelmaessige-uebergaben/")
    expect(tab.get_by_role("link", name="Abschlussliste", exact=True)).to_be_visible()
    fits(tab, *WCAG)
    tab.goto(own)
    tab.get_by_role("link", name="Beenden").click()
    fits(tab, *WCAG)
    tab.get_by_role("button", name="Beenden").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_contain_text("Sie wurde von Hand beendet.")
    expect(tab.get_by_role("link", name="Erneuern")).to_be_visible()
    fits(tab, *WCAG)


def test_without_javascript(people):
    tab = people("hr.duelmen", java_script_enabled=False)
    tab.goto("/admin/uebergaben/neu/abschlussliste/")
    tab.get_by_role("link", name="Regelmäßig erstellen").click()
    tab.get_by_label("Zweck").fill("Ohne Skripte")
    tab.get_by_role("button", name="Regelmäßig erstellen").click()
    expect(tab.get_by_role("heading", name="Abschlussliste, monatlich")).to_be_visible()
