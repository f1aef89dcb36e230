"""Nothing is lost: of the words that a file shows a person, search reads at least 99.5 %; the account has the rest.

`SEARCHKIT_CONSERVATION=200` draws that many files of each format, as scripts/test_conservation does.
"""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.documents import read
from searchkit.text.splitting import Limits, split
from searchkit.types import Document
from tests.generated_texts import SUFFIXES, files

FILES = int(os.environ.get("SEARCHKIT_CONSERVATION", "25"))
KEPT = 0.995
WORD = re.compile(r"\w+")


def read_by_search(documents):
    """Return the words of passages, titles, sections, captions and other metadata."""
    texts = []
    for document in documents:
        texts += [document.title, *map(str, document.metadata.values())]
        for passage in split(document, Limits(), lambda texts: [len(text.split()) for text in texts]):
            texts += [passage.text, passage.section]
    return set(WORD.findall(" ".join(texts).lower()))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=FILES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_word_that_a_file_shows_is_read(tmp_path, suffix, data):
    content, shown = data.draw(files(suffix))
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    found = list(read(path, path.name))
    assert all(isinstance(item, Document) for item in found), found
    known = read_by_search(found)
    lost = [word for word in shown if word.lower() not in known]
    told = sum(omission.count for document in found for omission in document.omitted)
    assert len(lost) <= max((1 - KEPT) * len(shown), told), (content.decode(errors="replace"), lost)
