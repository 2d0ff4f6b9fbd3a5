"""A quiz from the bank, one question a page: written in the editor, taken by a learner."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import axe, sign_in
from .test_editing import (
    EDITOR,
    LEARNER,
    REVIEWER,
    add_block,
    approve,
    begin,
    below,
    people,  # noqa: F401
    save,
    submit,
)

pytestmark = pytest.mark.browser

TITLE = "Fragen aus dem Pool"
ADDRESS = "/de/kurse/alle-fragetypen/fragen-aus-dem-pool/"
CHOSEN = "Frist bei einer Datenpanne"


def write_quiz(tab: Page) -> None:
    """One question chosen from the bank and two by chance; the points say themselves."""
    tab.goto("/admin/")
    tab.get_by_role("link", name="Kurse", exact=True).click()
    below(tab, "Alle Fragetypen")
    begin(tab, "Quiz", TITLE)
    add_block(tab, "questions", "Frage aus dem Fragenpool")
    tab.get_by_role("button", name="Frage im Fragenpool auswählen").click()
    chooser = tab.get_by_role("dialog")
    chooser.get_by_label("Suchbegriff").fill("datenpanne")
    chooser.get_by_role("link", name=CHOSEN).click()
    expect(tab.locator("[data-contentpath=questions]")).to_contain_text(CHOSEN)
    add_block(tab, "questions", "Ausgeloste Fragen")
    tab.get_by_label("praxis (4 Fragen)").check()
    tab.locator("input[name=questions-1-value-count]").fill("2")


def set_course_of_events(tab: Page) -> None:
    """One question a page, each with its feedback at once."""
    tab.locator("[data-panel-heading-text]", has_text="Ablauf").click()
    tab.get_by_label("Eine Frage je Seite").check()
    tab.get_by_label("Sofort: Jede Antwort lässt sich prüfen").check()


def show_points(tab: Page) -> None:
    """What Wagtail saves by itself is counted at once."""
    points, count = tab.locator("#courses-points"), tab.locator("[name=questions-1-value-count]")
    expect(points).to_contain_text("Jeder Versuch stellt 3 Fragen")
    tab.wait_for_timeout(4000)  # Wagtail looks for changes only when the page has settled
    count.fill("50")
    expect(points).to_contain_text("weniger Fragen, als dieses Quiz", timeout=10_000)
    count.fill("2")
    expect(points).to_contain_text("Jeder Versuch stellt 3 Fragen", timeout=10_000)


def question(tab: Page) -> str:
    return tab.locator(".hub-asked").inner_text().split("\n")[0]


def test_a_quiz_from_the_bank_is_written_and_taken_page_by_page(people, hub):  # noqa: F811
    tab, review, learn = people[EDITOR], people[REVIEWER], people[LEARNER]
    write_quiz(tab)
    set_course_of_events(tab)
    save(tab)
    show_points(tab)
    submit(tab)
    expect(tab.locator(".messages .success")).to_contain_text("zur Freigabe eingereicht")
    approve(review, TITLE)

    learn.goto(ADDRESS)
    learn.get_by_role("button", name="Beginnen").click()
    status = learn.locator(".hub-question__saved")
    expect(learn.locator("fieldset.hub-question")).to_have_count(1)

    # The first is answered and checked: its feedback stands there, and the answer stands.
    first = question(learn)
    learn.locator("fieldset input").first.check()
    expect(status).to_have_text("Antwort gespeichert.")
    learn.get_by_role("button", name="Antwort prüfen").click()
    expect(learn.locator("section.hub-review")).to_contain_text("Ihre Antwort")
    assert axe(learn) == []
    learn.get_by_role("button", name="Nächste Frage").click()

    # The second is flagged and left open; who signs in again goes on there.
    expect(learn).to_have_url(re.compile(r"frage=2"))
    assert question(learn) != first
    flag = learn.get_by_role("button", name="Frage merken")
    flag.click()
    expect(flag).to_have_attribute("aria-pressed", "true")
    learn.get_by_role("button", name="Ausloggen").click()
    sign_in(learn, LEARNER)
    learn.goto(ADDRESS)
    learn.get_by_role("button", name="Versuch fortsetzen").click()
    expect(learn.locator(".hub-question__number").first).to_have_text("Frage 2")
    states = learn.locator(".hub-numbers")
    expect(states).to_contain_text("gemerkt")
    learn.set_viewport_size({"width": 320, "height": 640})
    assert learn.evaluate("document.documentElement.scrollWidth") <= 320
    assert axe(learn) == []

    # On the last page the open ones are listed, each a link, before anything is submitted.
    states.get_by_role("button", name="Frage 3").click()
    learn.locator("fieldset input").first.check()
    expect(status).to_have_text("Antwort gespeichert.")
    learn.get_by_role("button", name="Antworten abgeben").click()
    missing = learn.get_by_role("alert").filter(has_text="1 Frage ist noch nicht vollständig")
    missing.get_by_role("link", name="Frage 2").click()
    learn.locator("fieldset input").first.check()
    expect(status).to_have_text("Antwort gespeichert.")
    expect(learn.locator(".hub-progress")).to_contain_text("3 von 3 beantwortet")
    states.get_by_role("button", name="Frage 3").click()
    learn.get_by_role("button", name="Antworten abgeben").click()
    expect(learn.get_by_role("heading", level=1)).to_contain_text(re.compile("estanden"))
    expect(learn.locator("section.hub-review")).to_have_count(3)
    assert axe(learn) == []
