"""2,000 texts that provoke, through the analysis of documents; scripts/fuzz_prepare takes more, and real files."""

import gzip

import pytest

from searchkit.text.splitting import Limits
from searchkit.types import Document, Mark
from tests.fuzz import check, check_made, real, recipe, shrunk

TEXTS = 2_000
PORTIONS = 8


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_nothing_raises_and_no_character_gets_lost(portion):
    for seed in range(portion, TEXTS, PORTIONS):
        check_made(seed)


@pytest.mark.parametrize("by_model", [False, True])
def test_the_check_finds_what_it_is_for(monkeypatch, by_model):
    chosen = recipe(Limits(3, 8, 0), by_model=by_model)
    document = Document("x", "One two.\n\nThree four.\n\nFive.", marks=(Mark(10, 20, "heading"),))
    check(document, chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("searchkit.indexing.prepare.places", lambda *_: [])
        with pytest.raises(AssertionError, match="text in no passage"):
            check(document, chosen)
    monkeypatch.setattr("searchkit.indexing.prepare.attributions", lambda _: 1 // 0)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        check(document, chosen)


def test_a_failing_text_is_cut_down_to_what_fails():
    assert shrunk(Document("x", "a b c X d e f Y g"), lambda part: {"X", "Y"} <= set(part.text)).text == "XY"


def test_real_files_are_read_by_their_format_also_compressed(tmp_path):
    (tmp_path / "a.md").write_text("# Tea\n\nGreen.")
    (tmp_path / "copyright").write_bytes(b"Caf\xe9.")
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(b"<p>Black tea</p>"))
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    found = {name.rsplit("/", 1)[-1]: document.text for name, document in real(tmp_path)}
    assert found == {"a.md": "# Tea\n\nGreen.", "b.html.gz": "Black tea", "copyright": "Café."}
