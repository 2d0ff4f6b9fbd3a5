"""Wesentlich oder redaktionell: asked where it is written, shown before it happens, kept."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import axe
from .test_corrections import WCAG, choose_action, fits
from .test_corrections import people as people  # a fixture
from .test_editing import REVIEWER, save

pytestmark = pytest.mark.browser


def test_an_editorial_change_is_seen_said_and_listed(people):
    phone = people(REVIEWER, viewport={"width": 320, "height": 800})
    phone.goto("/admin/pages/search/?q=Was+ist+KI")
    found = phone.get_by_role("row").filter(has_text=re.compile(r"Was ist KI\?\s+Deutsch"))
    found.filter(has_text="Modul").get_by_role("link", name="Was ist KI?").first.click()
    expect(phone.locator("#courses-change")).to_contain_text("steht dasselbe")
    summary = phone.locator("#id_summary")
    summary.fill(f"{summary.input_value()} Kurz gesagt.")
    save(phone)
    expect(phone.locator("#courses-change ins")).to_contain_text("Kurz gesagt")
    expect(phone.locator("#courses-change")).to_contain_text(re.compile(r"\d+ Personen in \d+"))
    choose_action(phone, "Veröffentlichen")
    expect(phone.get_by_text("Bitte geben Sie unter „Fassungen“ an")).to_be_visible()
    assert axe(phone, *WCAG, within="#courses-change") == []
    phone.get_by_label(re.compile("Redaktionell")).check()
    choose_action(phone, "Veröffentlichen")
    expect(phone.get_by_text("wurde veröffentlicht")).to_be_visible()
    phone.locator(".messages").get_by_role("link", name="Bearbeiten").click()
    phone.get_by_role("link", name="Alle Fassungen").click()
    latest = phone.get_by_role("row").filter(has_text="Redaktionell").first
    expect(latest).to_contain_text(re.compile(r"Modul 1, Fassung \d+ vom"))
    fits(phone, *WCAG)
