"""An index of documents that a page can get wrong: `python -m tests.journeys_odd FOLDER`."""

import sys
from pathlib import Path

from searchkit import Document, Index

MARKUP = '<img src=x onerror="document.title=1"> <script>document.title = 2</script> <b>bold kumquat</b> & &amp; done.'
EMOJI = "🍊🍋 Citrus 𝒻ruit came first. 👩‍👩‍👧 The kumquat 🍊 is small.\n\nA second paragraph 🍋 follows on it."
LONG = "\n\n".join(f"Paragraph {at} of the long one 🍊. " * 10 for at in range(400))
PAGES = ("First page on durian.", "Second page on rambutan.", "Third page on salak.")


def main(folder: Path) -> None:
    joined = "\n\n".join(PAGES)
    with Index.create(folder, embedder="none") as index:
        index.add([
            Document("markup", MARKUP, title="<i>Markup</i> & more"),
            Document("emoji", EMOJI, title="Emoji 🍊"),
            Document("pages", joined, page_starts=tuple(joined.index(page) for page in PAGES)),
            Document("long", f"{LONG}\n\nLychee."),
            Document("a/b c#d?e=é", "Mangosteen has an id of odd characters."),
        ])  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
