"""The journeys on the server's page, axe, pictures and the latency: `scripts/test_page` starts what this needs."""

from __future__ import annotations

import statistics
import sys
import traceback
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests import journeys  # noqa: F401 - fills JOURNEYS
from tests.journeys_tools import BASE, JOURNEYS, VIETNAM, ask, hits_of, open_filters, settled

SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
WIDTHS = {"320": (320, 640), "desktop": (1280, 800), "4k": (3840, 2160)}


def opened(browser, size, scheme="light"):
    context = browser.new_context(
        viewport=dict(zip(("width", "height"), size, strict=True)), color_scheme=scheme, reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.thrown = []
    page.on("pageerror", lambda error: page.thrown.append(str(error)))
    page.on("console", lambda said: "Content Security" in said.text and page.thrown.append(said.text))
    return page


def run_journeys(browser, wanted):
    failed = 0
    for device, size in SIZES.items():
        for step in JOURNEYS:
            if wanted and step.__name__ not in wanted:
                continue
            page = opened(browser, size)
            try:
                step(page)
                assert not page.thrown, page.thrown
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{wide} pixels wider than the screen"
            except Exception:  # noqa: BLE001 - whatever it is, the others run as well
                failed += 1
                print(f"FAILED {device}: {step.__name__}\n{traceback.format_exc(limit=-1)}")
            page.context.close()
    print(f"{len(JOURNEYS)} journeys on {' and '.join(SIZES)}: {failed} failed")
    return failed


STATES = {
    "start": "/?index=news",
    "results": "/?index=news&q=What+did+analysts+say+about+Vietnam",
    "unanswered": "/?index=news&q=who+discovered+penicillin",
    "document": None,
    "said": "/?index=news&view=said&name=Solheim",
    "chat": "/?index=news&view=chat",
    "missing": "/?index=news&id=none",
}


def look(browser, home):
    """Have axe look at each state in light and dark, and take pictures of it."""
    script = home / "package" / "axe.min.js"
    if not script.exists():
        print("skipped: axe-core is not there (npm pack axe-core)")
    serious = 0
    link = hits_of(VIETNAM, k=1)[0]["url"].removeprefix(BASE) + "&q=What+did+analysts+say+about+Vietnam"
    for scheme in ("light", "dark"):
        for width, size in WIDTHS.items():
            for name, address in STATES.items():
                page = opened(browser, size, scheme)
                page.goto(f"{BASE}{address or link}")
                settled(page)
                prepare(page, name)
                page.screenshot(path=home / "shots" / f"{name}-{scheme}-{width}.png")
                serious += axe(page, script, f"{name}, {scheme}, {width}") if script.exists() else 0
                page.context.close()
    print(f"axe: {serious} findings that are serious or worse")
    return serious


def prepare(page, name):
    if name == "results":
        open_filters(page)
        page.locator("#results .hit").first.get_by_text("Why this passage?").click()
        expect(page.locator(".why table").first).to_be_visible()
    if name == "chat":
        page.locator("#chat-question").fill("What tariff did the United States put on Vietnam?")
        page.keyboard.press("Enter")
        expect(page.locator(".citations")).to_be_visible()
    settled(page)


def axe(page, script, where):
    page.evaluate(script.read_text(encoding="utf-8"))  # by the debugger, which the policy does not bind
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    for each in found:
        nodes = "; ".join(node["html"][:120] for node in each["nodes"][:3])
        print(f"{each['impact']} {each['id']} ({where}): {each['help']}: {nodes}")
    return sum(each["impact"] in ("serious", "critical") for each in found)


def measure(browser, count=100):
    """Say how long it takes from a key to the results in the document, typing questions as people do."""
    page = opened(browser, SIZES["desktop"])
    page.goto(f"{BASE}/?index=large")
    expect(page.locator("#q")).to_be_focused()
    page.evaluate(
        """() => {
            let pressed = null; window.took = [];
            document.getElementById("q").addEventListener("input", () => { pressed = performance.now(); }, true);
            new MutationObserver(() => {
              if (pressed === null) return;
              const from = pressed; pressed = null;
              requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - from)));
            }).observe(document.getElementById("results"), { childList: true });
        }"""
    )
    questions = (
        "which gas was discovered by neil bartlett",
        "how do enzymes speed up reactions",
        "who wrote the elements",
    )
    for question in questions * 10:
        page.locator("#q").fill("")
        for character in question:
            page.keyboard.type(character)
            page.wait_for_timeout(120)
            if page.evaluate("took.length") >= count + 10:
                break
    took = sorted(page.evaluate("took")[10:])  # behind what loads models
    slow = took[int(len(took) * 0.95)]
    held = ask("/v1/indexes/large/status")["passages"]
    times = f"median {statistics.median(took):.0f} ms, p95 {slow:.0f} ms, slowest {took[-1]:.0f} ms of {len(took)}"
    print(f"from a key to results on the screen: {times}, {held:,} passages")


def main(chromium, home, *wanted):
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        failed = run_journeys(browser, wanted)
        if not wanted:
            failed += look(browser, Path(home))
            measure(browser)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
