"""Kill a writer at random moments and whoever makes an index at each step; read while others write.

Run by tests (a little) and scripts/bench crash.

python -m tests.crash --kills 200 --readers 20
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from searchkit import Document, EmbedderMismatch, Index, IndexExists
from searchkit.indexing import embedding
from tests.worlds import WORDS, OtherEmbedder, WordHashEmbedder

State = dict[str, str]
STEPS = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree", "sqlite3.connect"}
FIRST = 2  # new passages that the model embeds at once: the others get predicted vectors


def worker(path: Path, folder: Path) -> None:
    """Do what standard input says, a command a line, and say when each begins and ends."""
    embedding.FIRST = FIRST
    with opened(path) as index:
        print("ready", flush=True)
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            if command == "sync":
                index.sync(folder)
            elif command == "remove":
                index.remove(argument)
            elif command == "compact":
                index.compact()
            elif command == "rebuild":
                index.rebuild()
            elif command == "improve":
                index.improve()
            elif command == "migrate":
                index.rebuild(
                    embedder=OtherEmbedder() if index.settings.embedder == "word-hash" else WordHashEmbedder()
                )
            print("done", flush=True)


def maker(kind: str, path: Path, source: Path, fatal: int) -> None:
    """Make an index, and die before the step of this number, if it comes to that many.

    A step is whatever Python tells of what it does with files below `path`.
    """
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event in STEPS and str(path) in str(arguments):
            steps += 1
            if steps == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    make(kind, path, source)


def make(kind: str, path: Path, source: Path) -> Index:
    """Make an index in one of the ways."""
    if kind == "create":
        return Index.create(path, embedder=WordHashEmbedder())
    return Index.import_(source, path, embedder=WordHashEmbedder())


def opened(path: Path) -> Index:
    """Open an index with whichever of the two models it has at the moment."""
    try:
        return Index.open(path, embedder=WordHashEmbedder())
    except EmbedderMismatch:
        return Index.open(path, embedder=OtherEmbedder())


def reader(path: Path, seconds: float) -> None:
    """Search and reload until the time is over; every result must be whole."""
    deadline = time.monotonic() + seconds
    searches = 0
    with Index.open(path, embedder=WordHashEmbedder()) as index:
        while time.monotonic() < deadline:
            index.reload()
            for hit in index.search(" ".join(random.sample(WORDS, 2)), k=5):
                document = index.get(hit.passage.doc_id)
                if document is not None and index.generation and hit.passage.metadata != document.metadata:
                    raise AssertionError(f"torn result: {hit.passage.id}")
            searches += 1
    print(searches)


def start(role: str, *arguments: object) -> subprocess.Popen[str]:
    """Start this module in another process."""
    command = [sys.executable, "-m", "tests.crash", role, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def paragraph(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=12))


def edit(folder: Path, chance: random.Random) -> None:
    """Change, add or delete one to three files."""
    for _ in range(chance.randint(1, 3)):
        path = folder / f"{chance.randrange(12)}.txt"
        if path.exists() and chance.random() < 0.3:
            path.unlink()
        else:
            path.write_text("\n\n".join(paragraph(chance) for _ in range(chance.randint(1, 5))))


def on_disk(folder: Path) -> State:
    return {f"{folder.name}/{path.name}": path.read_text() for path in folder.iterdir()}


def in_index(path: Path) -> State:
    """Return the documents of an index that was just reopened, after checking that it is whole."""
    with opened(path) as index:
        report = index.verify()
        assert report.ok, report.problems
        check_vectors(index)
        for query in WORDS[:3]:
            for hit in index.search(query):
                document = index.get(hit.passage.doc_id)
                assert document.text[hit.passage.start : hit.passage.end] == hit.passage.text
        return {doc_id: index.get(doc_id).text for doc_id in index.documents()}


def check_vectors(index: Index) -> None:
    """Check that every vector is the model's own or known to be predicted."""
    with index._reading() as view:
        snapshot = view.snapshot
        rows = snapshot.vectors.all_rows(drafts=False)
        passages = snapshot.catalog.passages.get(rows.tolist())
        wanted = WordHashEmbedder().embed_passages([passages[row].embedded_text for row in rows.tolist()])
        if len(rows):
            assert np.allclose(wanted, snapshot.vectors.get(rows), atol=1e-3)
        assert set(snapshot.vectors.all_rows().tolist()) <= set(snapshot.catalog.passages.rows().tolist())


def operation(chance: random.Random, folder: Path, before: State) -> tuple[str, State]:
    """Choose what the writer shall do; return the command and the documents afterwards."""
    kind = chance.choices(["sync", "remove", "compact", "rebuild", "improve", "migrate"], [6, 2, 1, 1, 3, 2])[0]
    if kind == "sync":
        edit(folder, chance)
        return "sync", on_disk(folder)
    if kind == "remove" and before:
        victim = chance.choice(sorted(before))
        return f"remove {victim}", {doc_id: text for doc_id, text in before.items() if doc_id != victim}
    return "compact" if kind == "remove" else kind, before


def kill_writers(home: Path, kills: int, seed: int) -> tuple[int, int]:
    """Kill a writer `kills` times; return how often the old and the new commit stood afterwards."""
    chance = random.Random(seed)
    folder, path = home / "news", home / "index"
    folder.mkdir()
    edit(folder, chance)
    with Index.create(path, embedder=WordHashEmbedder()) as index:
        index.sync(folder)
        started = time.monotonic()
        index.compact()
        span = 2 * (time.monotonic() - started)
    old = new = 0
    before = in_index(path)
    embedding.FIRST = FIRST
    while old + new < kills:
        process = start("worker", path, folder)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        command, after = operation(chance, folder, before)
        process.stdin.write(command + "\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = in_index(path)
        assert found in (before, after), f"after killing {command!r}: neither the old nor the new state"
        new += found == after
        old += found != after
        before = found
    return old, new


def kill_makers(home: Path, kind: str, stride: int = 1) -> tuple[int, int]:
    """Kill whoever makes an index before every `stride`th step; return how often there was none and one afterwards.

    kind: "create", "import", or "fail", the import of an archive that is damaged, which removes what it began. Whoever
    comes next finds a whole index, or makes one.
    """
    full, damaged = archives(home / kind)
    source = damaged if kind == "fail" else full
    none = whole = 0
    for fatal in range(1, sys.maxsize, stride):
        path = home / kind / f"index-{fatal}"
        process = start("maker", kind, path, source, fatal)
        _, errors = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert (process.returncode == 0) != (kind == "fail"), errors
            return none, whole
        try:
            made = make("import", path, full)
        except IndexExists:
            assert kind != "fail"
            whole += 1
            assert in_index(path) == ({} if kind == "create" else in_index(home / kind / "original"))
        else:
            none += 1
            assert made.embedder.embedded == []
            made.close()
            assert in_index(path) == in_index(home / kind / "original")
        shutil.rmtree(path)
    raise AssertionError("it never ends")


def archives(home: Path) -> tuple[Path, Path]:
    """Return an archive and one whose last document cannot be read."""
    chance, full, damaged = random.Random(1), home / "full.zip", home / "damaged.zip"
    home.mkdir()
    with Index.create(home / "original", embedder=WordHashEmbedder()) as index:
        index.add([Document(f"d{number}", paragraph(chance)) for number in range(6)], embed="full")
        index.export(full)
    with zipfile.ZipFile(full) as read, zipfile.ZipFile(damaged, "w") as written:
        for name in read.namelist():
            written.writestr(name, read.read(name) + (b"{" if name == "documents.jsonl" else b""))
    return full, damaged


def read_while_writing(home: Path, readers: int, seconds: float, seed: int) -> int:
    """Let readers search while a writer commits as fast as it can; return the number of searches."""
    chance = random.Random(seed)
    folder, path = home / "busy", home / "busy-index"
    folder.mkdir()
    edit(folder, chance)
    with Index.create(path, embedder=WordHashEmbedder()) as index:
        index.sync(folder)
        embedding.FIRST = FIRST
        processes = [start("reader", path, seconds) for _ in range(readers)]
        while any(process.poll() is None for process in processes):
            edit(folder, chance)
            index.sync(folder)
            if chance.random() < 0.2:
                index.compact()
            if chance.random() < 0.3:
                index.improve(passages=5)
        assert index.verify().ok
    outputs = [process.communicate() for process in processes]
    assert all(process.returncode == 0 for process in processes), [errors for _, errors in outputs]
    return sum(int(output) for output, _ in outputs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    old, new = kill_writers(home, options.kills, options.seed)
    print(f"{options.kills} kills (seed {options.seed}): {old} times the old commit, {new} times the new; all verify.")
    for kind in ("create", "import", "fail"):
        none, whole = kill_makers(home, kind)
        print(f"{kind}: killed before each of {none + whole} steps: {none} times no index, {whole} times a whole one.")
    searches = read_while_writing(home, options.readers, options.seconds, options.seed)
    print(f"{options.readers} readers, {options.seconds:.0f} s of writing: {searches} searches, no error, none torn.")
    shutil.rmtree(home)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    if sys.argv[1:2] == ["worker"]:
        worker(Path(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1:2] == ["maker"]:
        maker(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
    elif sys.argv[1:2] == ["reader"]:
        reader(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        main()
