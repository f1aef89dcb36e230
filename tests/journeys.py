"""What people do on the server's page, in headless Chromium: `scripts/test_page` runs each on a desktop and a phone.

It needs Playwright, not searchkit. After each, nothing may have been thrown, and nothing be wider than the screen.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.journeys_tools import (
    BASE,
    GUARDED,
    TOKEN,
    VIETNAM,
    ask,
    hits_of,
    ids,
    journey,
    marks,
    open_filters,
    open_first,
    search,
    settled,
)  # fmt: skip

# --- searching ----------------------------------------------------------------------------------------------------


@journey
def results_follow_the_keys_without_enter(page):
    search(page)
    assert ids(page) == [each["passage"]["id"] for each in hits_of(VIETNAM, k=10)]
    assert "q=What+did" in page.url


@journey
def words_of_the_question_are_marked_as_the_server_says(page):
    search(page)
    for at, hit in enumerate(hits_of(VIETNAM, k=10)):
        wanted = [hit["passage"]["text"][start:end] for start, end in hit["highlights"]]
        assert page.locator("#results .hit").nth(at).locator(".text mark").all_inner_texts() == wanted


@journey
def an_older_answer_never_replaces_a_newer_one(page):
    held = []
    page.goto(f"{BASE}/?index=news")
    page.route(
        "**/search", lambda route: held.append(route) if "coffee" in route.request.post_data else route.continue_()
    )
    page.locator("#q").fill("coffee")
    page.wait_for_timeout(600)
    page.locator("#q").fill(VIETNAM)
    expect(page.locator("#results .hit").first).to_be_visible()
    settled(page)
    before = ids(page)
    for route in held:
        try:
            route.fulfill(json={"hits": [], "answerable": False, "warnings": []})
        except Exception:  # noqa: BLE001, S112 - it was aborted, as it should be
            continue
    page.wait_for_timeout(200)
    assert held
    assert ids(page) == before


@journey
def what_the_index_does_not_hold_is_told(page):
    search(page, "who discovered penicillin")
    expect(page.locator("#status")).to_contain_text("No answer found")
    expect(page.locator("#notices .notice")).to_contain_text("these passages come nearest")


@journey
def confidence_is_a_word_and_a_bar(page):
    search(page)
    first = hits_of(VIETNAM, k=10)[0]
    place = page.locator("#results .hit").first.locator(".confidence")
    expect(place).to_contain_text(f"an answer: {round(first['confidence'] * 100)}%")
    assert abs(float(place.locator("meter").evaluate("each => each.value")) - first["confidence"]) < 0.001


@journey
def more_passages_come_when_asked_for(page):
    search(page)
    page.locator("#more").click()
    expect(page.locator("#results .hit")).to_have_count(20)
    expect(page.locator("#results .hit").nth(10).locator("a.open")).to_be_focused()


@journey
def an_empty_box_says_what_to_do(page):
    search(page)
    page.keyboard.press("Escape")
    expect(page.locator("#results .hit")).to_have_count(0)
    expect(page.locator("#notices")).to_contain_text("Type a question")
    expect(page.locator("#why-not")).to_be_hidden()


# --- filters and indexes ------------------------------------------------------------------------------------------


@journey
def a_section_narrows_and_stays_in_the_address(page):
    search(page)
    open_filters(page)
    page.locator("#section").select_option("WORLD / ASIA-PACIFIC")
    settled(page)
    wanted = [each["passage"]["id"] for each in hits_of(VIETNAM, k=10, where={"section": "WORLD / ASIA-PACIFIC"})]
    assert ids(page) == wanted
    page.reload()
    expect(page.locator("#results .hit").first).to_be_visible()
    settled(page)
    assert ids(page) == wanted
    expect(page.locator("#filters-told")).to_contain_text("WORLD / ASIA-PACIFIC")


@journey
def a_source_and_days_narrow_until_they_are_cleared(page):
    search(page)
    before = ids(page)
    open_filters(page)
    page.locator("#source").select_option("seeds/business")
    page.locator("#since").fill("2024-06-01")
    page.locator("#until").fill("2025-04-30")
    settled(page)
    wanted = hits_of(VIETNAM, k=10, where={"path": "seeds/business/*"}, since="2024-06-01", until="2025-04-30")
    assert ids(page) == [each["passage"]["id"] for each in wanted]
    page.get_by_role("button", name="Clear filters").click()
    settled(page)
    assert ids(page) == before


@journey
def another_index_is_chosen(page):
    search(page)
    page.locator("#index").select_option("odd")
    expect(page.locator("#filters")).to_be_visible()
    page.locator("#q").fill("kumquat")
    expect(page.locator("#results .hit")).to_have_count(2)
    assert "index=odd" in page.url


# --- documents ----------------------------------------------------------------------------------------------------


@journey
def keys_alone_lead_to_the_exact_characters_and_back(page):
    search(page)
    first = hits_of(VIETNAM, k=10)[0]["passage"]
    page.keyboard.press("Enter")
    links = page.locator("#results a.open")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#document mark")).to_be_in_viewport()
    assert marks(page) == first["text"]
    expect(page.locator("#document-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#document")).to_be_hidden()
    expect(links.first).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


@journey
def the_address_that_the_server_gives_opens_the_passage(page):
    hit = hits_of(VIETNAM, k=3)[2]
    page.goto(hit["url"])
    expect(page.locator("#document mark")).to_be_in_viewport()
    assert marks(page) == hit["passage"]["text"]
    page.goto(f"{BASE}/?index=news&id={quote(hit['passage']['id'], safe='')}")
    expect(page.locator("#document mark")).to_have_text(hit["passage"]["text"])


@journey
def a_link_whose_text_has_gone_marks_nothing(page):
    search(page)
    open_first(page)
    for start, check in (("5", "[0-9a-f]{8}"), (None, "00000000")):
        broken = (
            re.sub(r"check=[0-9a-f]+", f"check={check}", page.url)
            if start is None
            else re.sub(r"start=\d+", f"start={start}", page.url)
        )
        page.goto(broken)
        expect(page.locator("#document .notice")).to_contain_text("Nothing is marked")
        expect(page.locator("#document mark")).to_have_count(0)


@journey
def neighbours_are_shaded_and_a_step_away(page):
    search(page)
    open_first(page)
    before = marks(page)
    assert page.locator("#document .near").count() >= 1
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("#document mark")).to_be_in_viewport()
    assert marks(page) != before
    page.get_by_role("button", name="Previous", exact=True).click()
    expect(page.locator("#document mark")).to_have_text(before)


@journey
def back_and_forward_close_and_open(page):
    search(page)
    open_first(page)
    text = marks(page)
    page.go_back()
    expect(page.locator("#document")).to_be_hidden()
    assert page.locator("#q").input_value() == VIETNAM
    page.go_forward()
    expect(page.locator("#document mark")).to_have_text(text)


@journey
def markup_is_shown_as_text(page):
    search(page, "kumquat bold", "odd")
    page.get_by_role("link", name="<i>Markup</i> & more").click()
    text = ask("/v1/indexes/odd/documents?id=markup")["text"]
    assert page.locator("#document .document-text").inner_text() == text
    assert page.locator("#document img, #document script, #document b").count() == 0
    assert "kumquat" in page.title()


@journey
def characters_beyond_sixteen_bits_do_not_shift_marks(page):
    search(page, "kumquat small", "odd")
    hit = next(each for each in hits_of("kumquat small", "odd") if each["passage"]["doc_id"] == "emoji")
    place = page.locator(f'[data-passage="{hit["passage"]["id"]}"]')
    assert place.locator(".text mark").all_inner_texts() == ["kumquat", "small"]
    page.goto(hit["url"])
    expect(page.locator("#document mark")).to_have_text(hit["passage"]["text"])
    page.goto(f"{BASE}/?index=odd&id=emoji&start={hit['passage']['start'] + 3}&end={hit['passage']['start'] + 9}")
    expect(page.locator("#document mark")).to_have_text(hit["passage"]["text"][3:9])


@journey
def a_document_of_pages_says_where_they_begin(page):
    hit = hits_of("rambutan", "odd")[0]
    page.goto(hit["url"])
    expect(page.locator("#document mark").first).to_be_visible()
    assert page.locator("#document .page").all_inner_texts() == ["Page 1", "Page 2", "Page 3"]


@journey
def a_long_document_is_read_on_from_the_passage(page):
    hit = hits_of("lychee", "odd")[0]
    page.goto(hit["url"])
    expect(page.locator("#document mark")).to_have_text(hit["passage"]["text"])
    page.get_by_role("button", name="Earlier text").click()
    expect(page.get_by_role("button", name="Earlier text")).to_have_count(1)
    settled(page)
    assert len(page.locator("#document .document-text").inner_text()) > 60_000
    assert marks(page) == hit["passage"]["text"]


@journey
def ids_of_odd_characters_open(page):
    search(page, "mangosteen", "odd")
    open_first(page)
    expect(page.locator("#document .facts .id")).to_have_text("a/b c#d?e=é")
    page.reload()
    expect(page.locator("#document mark")).to_contain_text("Mangosteen")


# --- why, who, and conversations ----------------------------------------------------------------------------------


@journey
def a_hit_says_why_it_is_there(page):
    search(page)
    hit = page.locator("#results .hit").first
    hit.get_by_text("Why this passage?").click()
    expect(hit.locator(".why table")).to_contain_text("Keywords")
    expect(hit.locator(".why")).to_contain_text("Stage")
    expect(hit.locator(".why")).to_contain_text("hit 1 of the result")


@journey
def a_passage_that_is_not_there_says_why(page):
    search(page)
    page.get_by_text("Why is a passage not here?").click()
    page.locator("#why-not-id").fill("seeds/sport/none.txt#4")
    page.keyboard.press("Enter")
    expect(page.locator("#why-not-told")).to_contain_text("The index does not hold it")
    page.locator("#why-not-id").fill(hits_of("chess", k=1)[0]["passage"]["id"])
    page.keyboard.press("Enter")
    expect(page.locator("#why-not-told")).to_contain_text("What would bring it in")


@journey
def statements_open_at_the_claim(page):
    page.goto(f"{BASE}/?index=news&view=said")
    expect(page.locator("#said-name")).to_be_focused()
    page.keyboard.type("Solheim")
    page.keyboard.press("Enter")
    expect(page.locator("#statements .hit").first).to_be_visible()
    said = ask("/v1/indexes/news/who-said", {"name": "Solheim", "k": 50})["statements"]
    expect(page.locator("#statements .hit")).to_have_count(len(said))
    page.locator("#statements a.open").first.click()
    expect(page.locator("#document mark")).to_have_text(said[0]["claim"])


@journey
def a_conversation_shows_contexts_with_citations(page):
    page.goto(f"{BASE}/?index=news&view=chat")
    expect(page.locator("#chat-question")).to_be_focused()
    page.keyboard.type("What tariff did the United States put on Vietnam?")
    page.keyboard.press("Enter")
    expect(page.locator(".citations")).to_have_count(1)
    with page.expect_request("**/context") as sent:
        page.locator("#chat-question").fill("And what did analysts say about it?")
        page.keyboard.press("Enter")
    assert [each["role"] for each in sent.value.post_data_json["history"]] == ["user", "assistant"]
    expect(page.locator(".citations")).to_have_count(2)
    expect(page.locator(".marker").first).to_have_text("[1]")
    page.locator("#turns a.open").first.click()
    expect(page.locator("#document mark").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#turns li")).to_have_count(0)


@journey
def citation_and_link_are_copied(page):
    search(page)
    first = hits_of(VIETNAM, k=1)[0]["passage"]
    hit = page.locator("#results .hit").first
    hit.get_by_role("button", name="Copy citation").click()
    expect(page.locator("#toast")).to_have_text("Citation copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert first["text"] in copied
    assert first["title"] in copied
    hit.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_have_text("Link copied")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator("#document mark")).to_have_text(first["text"])


# --- what can go wrong --------------------------------------------------------------------------------------------


@journey
def a_server_that_is_gone_is_told_and_asked_again(page):
    search(page)
    page.route("**/search", lambda route: route.abort())
    page.locator("#q").fill("coffee")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.unroute("**/search")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#results .hit").first).to_be_visible()


@journey
def a_refusal_says_what_to_do(page):
    fault = {
        "error": {"code": "too_many_requests", "message": "128 requests are being answered", "hint": "", "param": None}
    }
    page.route("**/search", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}, json=fault))
    page.goto(f"{BASE}/?index=news&q=coffee")
    expect(page.get_by_role("alert")).to_contain_text("128 requests are being answered. Try again in 1 s.")


@journey
def a_document_that_is_gone_is_told(page):
    page.goto(f"{BASE}/?index=news&id=none")
    expect(page.get_by_role("alert")).to_contain_text("The index holds no document or passage of this id.")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#document")).to_be_hidden()


@journey
def a_token_is_asked_for_once(page):
    page.goto(f"{GUARDED}/?q=coffee")
    expect(page.locator("#token")).to_be_visible()
    page.keyboard.type("not-the-token-at-all")
    page.keyboard.press("Enter")
    expect(page.locator("#token-told")).to_contain_text("does not know that one")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#results .hit").first).to_be_visible()
    page.reload()
    expect(page.locator("#results .hit").first).to_be_visible()
    expect(page.locator("#token")).to_be_hidden()
    assert TOKEN not in page.url
