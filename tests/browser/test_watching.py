"""The page that tells how far some work is: what it tells changes, the rest of it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from .conftest import ROOT

SCRIPT = ROOT / "hub" / "organisations" / "static" / "organisations" / "watch.js"
pytestmark = pytest.mark.browser
ADDRESS = "http://hub.test/"


def running(done: int) -> str:
    return f'<p data-watch><progress value="{done}" max="9"></progress> {done} of 9</p>'


class Work:
    """A hub that answers each look with the next of ``states``; ``None`` is a broken way to it."""

    def __init__(self, page: Page, states: list[str | None]) -> None:
        self.looks = 0
        self.states = states
        page.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        if route.request.url.endswith(".js"):
            return route.fulfill(content_type="text/javascript", body=SCRIPT.read_text())
        if route.request.url != ADDRESS:
            return route.fulfill(status=404)
        state = self.states[min(self.looks, len(self.states) - 1)]
        self.looks += 1
        if state is None:
            return route.abort()
        script = '<script type="module" src="/watch.js"></script>' if "data-watch" in state else ""
        body = f'<!doctype html><title>x</title>{script}{state}<input id="typed">'
        return route.fulfill(content_type="text/html", body=body)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Let the time of the page go on in steps shorter than its pause until ``condition`` holds."""
    for _step in range(200):
        if condition():
            return
        page.clock.run_for(500)
        page.wait_for_timeout(20)
    pytest.fail(page.inner_text("body"))


def test_only_what_is_told_changes_until_there_is_more_to_tell(page: Page) -> None:
    work = Work(page, [running(1), running(4), None, running(7), "<p>The file is there.</p>"])
    page.goto(ADDRESS)
    page.fill("#typed", "kept")
    for text in ("4 of 9", "7 of 9"):
        wait_until(page, lambda text=text: text in page.inner_text("body"))
        assert page.input_value("#typed") == "kept"
    assert work.looks == 4, "a look that failed is repeated"
    page.clock.run_for(3000)
    page.get_by_text("The file is there.").wait_for()
    assert page.input_value("#typed") == ""
    looks = work.looks
    page.clock.run_for(30_000)
    assert work.looks == looks, "nothing is asked any more"
