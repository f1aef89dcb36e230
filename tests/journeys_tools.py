"""What the journeys on the server's page share: the server's own answers, and what stands on the page."""

from __future__ import annotations

import json
import urllib.request

from playwright.sync_api import Page, expect

BASE, GUARDED = "http://127.0.0.1:7722", "http://127.0.0.1:7723"
TOKEN = "reader-0123456789"  # noqa: S105 - of the test's own server
VIETNAM = "What did analysts say about Vietnam?"
JOURNEYS = []


def journey(step):
    JOURNEYS.append(step)
    return step


def ask(path, body=None):
    """What the server itself answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE}{path}", data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310 - our own server
        return json.load(response)


def hits_of(question, index="news", **options):
    return ask(f"/v1/indexes/{index}/search", {"query": question, **options})["hits"]


def search(page: Page, question=VIETNAM, index="news", more=""):
    page.goto(f"{BASE}/?index={index}{more}")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(question)
    expect(page.locator("#results .hit").first).to_be_visible()
    settled(page)


def settled(page: Page):
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy]")).to_have_count(0)


def ids(page: Page):
    return page.locator("#results .hit").evaluate_all("found => found.map(each => each.dataset.passage)")


def marks(page: Page, place="#document"):
    return "".join(page.locator(f"{place} mark").all_inner_texts())


def open_first(page: Page):
    page.locator("#results a.open").first.click()
    expect(page.locator("#document mark").first).to_be_visible()


def open_filters(page: Page):
    if not page.locator("#filters[open]").count():
        page.locator("#filters summary").click()
