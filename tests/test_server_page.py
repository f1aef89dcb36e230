"""The page at /: which files there are, as what, and what the browser may do with them. `scripts/test_page` uses it."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("starlette")

from searchkit import Document, Index
from searchkit.server.static import FOLDER, routes
from tests.served import TOKENS, bearer, made, serving

FILES = sorted(each.name for each in FOLDER.iterdir())
MODULES = [each for each in FILES if each.endswith(".js")]
TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
         "js": "text/javascript; charset=utf-8"}  # fmt: skip


def address(name):
    return "/" if name == "index.html" else f"/page/{name}"


def text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made(tmp_path_factory.mktemp("served"))


def test_every_file_of_the_page_is_served_and_nothing_else():
    assert sorted(each.path for each in routes()) == sorted(map(address, FILES))


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_as_what_it_is_without_a_token(path, name):
    with serving(path, tokens=TOKENS) as client:
        response = client.get(address(name))
        assert response.status_code == 200
        assert response.content == (FOLDER / name).read_bytes()
        assert response.headers["content-type"] == TYPES[name.rpartition(".")[2]]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", FILES)
def test_the_policy_lets_nothing_in_from_elsewhere(path, name):
    with serving(path) as client:
        policy = dict(
            each.strip().split(" ", 1)
            for each in client.get(address(name)).headers["content-security-policy"].split(";")
        )
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'",
        "img-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


def test_a_browser_that_has_a_file_is_told_so(path):
    with serving(path) as client:
        first = client.get("/page/page.js")
        assert first.headers["cache-control"] == "no-cache"
        again = client.get("/page/page.js", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/page/page.js", headers={"If-None-Match": '"other"'}).status_code == 200
        assert client.get("/page/page.css").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "name", ["static.py", "..%2Fstatic.py", "../static.py", "", "index.html", "PAGE.JS", "page.js/"]
)
def test_there_is_nothing_else_beside_the_files(path, name):
    with serving(path) as client:
        assert client.get(f"/page/{name}").status_code == 404


def test_requests_for_the_page_are_counted_by_their_addresses(path):
    with serving(path) as client:
        client.get("/")
        client.get("/page/page.css")
        counted = client.get("/metrics").text
    assert 'route="/"' in counted
    assert 'route="/page/page.css"' in counted


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_what_is_there_and_never_write_markup(name):
    source = text(name)
    for names, other in re.findall(r'^import \{ (.+?) \} from "\./(.+?)";', source, re.MULTILINE):
        assert other in MODULES
        for each in names.split(", "):
            assert re.search(rf"^export (async )?(function|const|class|let) {each}\b", text(other), re.MULTILINE), each
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"):
        assert word not in source


def test_no_module_imports_one_that_needs_it():
    needs = {name: set(re.findall(r'from "\./(.+?)"', text(name))) for name in MODULES}
    while free := {name for name, others in needs.items() if not others}:
        needs = {name: others - free for name, others in needs.items() if name not in free}
    assert not needs


def test_every_element_that_a_module_asks_for_stands_in_the_page():
    there = set(re.findall(r'\bid="([\w-]+)"', text("index.html")))
    for name in MODULES:
        assert set(re.findall(r'byId\("([\w-]+)"\)', text(name))) <= there


def test_the_page_has_neither_style_nor_script_of_its_own():
    page = text("index.html")
    assert not re.search(
        r"<style|\sstyle=|\son\w+=|javascript:|<script(?! type=\"module\" src=\"/page/page.js\"></script>)", page
    )


def test_the_documentation_leads_to_the_page_and_back(path):
    with serving(path) as client:
        assert "href='/'" in client.get("/docs").text
        assert 'href="/docs"' in client.get("/").text


# --- what the page asks for --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return made(
        tmp_path_factory.mktemp("mixed"),
        Document("news/world/a.txt", "Hanoi.", metadata={"section": "WORLD", "date": "2024-05-01"}),
        Document("news/world/b.txt", "Paris.", metadata={"section": "WORLD", "date": "2023-02-01T08:00:00Z"}),
        Document("news/c.txt", "Lima.", metadata={"section": "TRADE", "source": "/home/secret/news/c.txt"}),
        Document("https://example.org/d/e", "Rome."),
        Document("f", "Oslo.", metadata={"source": "wire"}),
        Document("g", "Bern.", metadata={"source": "/home/secret/g"}),
    )  # fmt: skip


def test_facets_are_what_documents_can_be_narrowed_down_by(mixed):
    with serving(mixed) as client:
        response = client.get("/v1/indexes/news/facets")
        found = response.json()
        assert [(each["value"], each["documents"]) for each in found["sections"]] == [("WORLD", 2), ("TRADE", 1)]
        assert {each["value"]: each["documents"] for each in found["sources"]} == {
            "news": 3, "news/world": 2, "https://example.org": 1, "wire": 1,
        }  # fmt: skip
        assert (found["first"], found["last"]) == ("2023-02-01", "2024-05-01")
        assert "secret" not in response.text
        known = {"If-None-Match": response.headers["etag"]}
        assert client.get("/v1/indexes/news/facets", headers=known).status_code == 304


def test_the_filter_of_a_facet_lets_as_many_documents_through_as_it_says(mixed):
    with Index.open(mixed) as index:
        found = index.facets()
        for each in (*found["sections"], *found["sources"]):
            hits = index.search("Hanoi OR Paris OR Lima OR Rome OR Oslo OR Bern", 10, where=each["where"])
            assert len({hit.passage.doc_id for hit in hits}) == each["documents"], each


def test_facets_of_an_index_without_any_are_empty(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        assert index.facets() == {"sections": [], "sources": [], "first": None, "last": None}


def test_facets_need_a_token_where_the_server_has_some(mixed):
    with serving(mixed, tokens=TOKENS) as client:
        assert client.get("/v1/indexes/news/facets").status_code == 401
        assert client.get("/v1/indexes/news/facets", headers=bearer(next(iter(TOKENS)))).status_code == 200


def test_a_document_tells_where_its_passages_stand_if_it_is_asked_to(tmp_path):
    path = made(tmp_path, Document("long", "\n\n".join(f"Paragraph {each} says something. " * 40 for each in range(4))))
    with serving(path) as client, Index.open(path) as index:
        kept = index.passages("long")
        asked = {"id": "long", "passages": "true"}
        whole = client.get("/v1/indexes/news/documents", params=asked).json()["passages"]
        assert [(each["id"], each["start"], each["end"]) for each in whole] == [(p.id, p.start, p.end) for p in kept]
        edge = kept[1].start
        some = client.get("/v1/indexes/news/documents", params=asked | {"start": edge, "end": edge + 1}).json()
        assert [each["ordinal"] for each in some["passages"]] == [1]
        assert "passages" not in client.get("/v1/indexes/news/documents", params={"id": "long"}).json()
        assert client.get("/v1/indexes/news/documents", params={"passages": "true"}).status_code == 422
