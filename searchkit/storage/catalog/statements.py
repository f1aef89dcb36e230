"""The catalog's tables of who said what: speakers by the words of their names, and their statements by passage."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from searchkit.storage.catalog.schema import IN_LIST
from searchkit.storage.contract import Said, Speaker

SCHEMA = """
CREATE TABLE speakers (key INTEGER PRIMARY KEY, name TEXT NOT NULL, among TEXT NOT NULL, UNIQUE (name, among));
CREATE TABLE speaker_terms (
    term TEXT NOT NULL, speaker INTEGER NOT NULL REFERENCES speakers (key), PRIMARY KEY (term, speaker)
) WITHOUT ROWID;
CREATE TABLE said (
    row INTEGER NOT NULL REFERENCES passages (row) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    speaker INTEGER NOT NULL REFERENCES speakers (key), verb TEXT NOT NULL, source_start INTEGER NOT NULL,
    source_end INTEGER NOT NULL, claim_start INTEGER NOT NULL, claim_end INTEGER NOT NULL, PRIMARY KEY (row, ordinal)
) WITHOUT ROWID;
CREATE INDEX said_by_speaker ON said (speaker);
"""
_FIELDS = "row, ordinal, speaker, verb, source_start, source_end, claim_start, claim_end"


class Statements:
    """Typed access to the tables, which an index of format 1 lacks until it is written again."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def exist(self) -> bool:
        """Tell whether the index has the tables."""
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'said'").fetchone() is not None

    def create(self) -> None:
        """Make the tables, as part of the transaction."""
        for command in SCHEMA.split(";"):
            self._db.execute(command)

    def revision(self) -> int:
        """Return by which revision of the rules the statements were found; 0 if that was never noted."""
        found = self._db.execute("SELECT value FROM counters WHERE name = 'statements'").fetchone()
        return int(found[0]) if found else 0

    def set_revision(self, revision: int) -> None:
        """Note by which revision of the rules all statements were found."""
        self._db.execute("INSERT OR REPLACE INTO counters VALUES ('statements', ?)", (revision,))

    def clear(self) -> None:
        """Forget all."""
        for table in ("said", "speaker_terms", "speakers"):
            self._db.execute(f"DELETE FROM {table}")

    def count(self) -> int:
        """Return how many statements there are."""
        return int(self._db.execute("SELECT count(*) FROM said").fetchone()[0]) if self.exist() else 0

    def add_speakers(self, speakers: Iterable[Speaker], terms_of: Callable[[str], Iterable[str]]) -> dict[Speaker, int]:
        """Return the key of each speaker; a new one is found from now on by the terms of name and group."""
        wanted = dict.fromkeys(speakers)
        names = json.dumps([speaker.name for speaker in wanted])
        known = self._db.execute(f"SELECT name, among, key FROM speakers WHERE name {IN_LIST}", (names,))
        keys = {Speaker(name, among): key for name, among, key in known}
        new = [speaker for speaker in wanted if speaker not in keys]
        first = self._db.execute("SELECT coalesce(max(key), 0) + 1 FROM speakers").fetchone()[0]
        keys.update((speaker, key) for key, speaker in enumerate(new, first))
        self._db.executemany("INSERT INTO speakers VALUES (?, ?, ?)", ((keys[each], *each) for each in new))
        self._db.executemany(
            "INSERT INTO speaker_terms VALUES (?, ?)",
            sorted((term, keys[each]) for each in new for term in {*terms_of(each.name), *terms_of(each.among)}),
        )
        return keys

    def add(self, said: Iterable[Said]) -> None:
        """Add statements of passages that have none yet."""
        self._db.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?)", said)

    def drop_silent(self) -> None:
        """Forget speakers of whom no statement is left."""
        silent = "SELECT key FROM speakers WHERE key NOT IN (SELECT speaker FROM said)"
        self._db.execute(f"DELETE FROM speaker_terms WHERE speaker IN ({silent})")
        self._db.execute(f"DELETE FROM speakers WHERE key IN ({silent})")

    def matching(self, terms: Iterable[str]) -> dict[int, set[str]]:
        """Return the speakers with any of the terms in name or group: key -> the terms that it has."""
        found: dict[int, set[str]] = {}
        for term, speaker in self._db.execute(
            f"SELECT term, speaker FROM speaker_terms WHERE term {IN_LIST}", (json.dumps([*terms]),)
        ):
            found.setdefault(speaker, set()).add(term)
        return found

    def speakers(self, keys: Iterable[int]) -> dict[int, Speaker]:
        """Return speakers by key."""
        found = self._db.execute(f"SELECT key, name, among FROM speakers WHERE key {IN_LIST}", (json.dumps([*keys]),))
        return {key: Speaker(name, among) for key, name, among in found}

    def by(self, speakers: Iterable[int]) -> list[Said]:
        """Return what these speakers said, in the order of passages."""
        return self._found("speaker", speakers)

    def within(self, rows: Iterable[int]) -> list[Said]:
        """Return what was said in these passages, in their order."""
        return self._found("row", rows)

    def problems(self) -> list[str]:
        """Return what is wrong: statements that lie outside their passages, speakers who cannot be found."""
        if not self.exist():
            return []
        outside = self._db.execute(
            "SELECT said.row FROM said JOIN passages USING (row) WHERE min(claim_start, source_start) < 0 OR "
            "claim_start > claim_end OR source_start > source_end OR "
            'max(claim_end, source_end) > passages."end" - passages.start'
        )
        nameless = self._db.execute(
            "SELECT name FROM speakers WHERE key IN (SELECT speaker FROM said) AND key NOT IN (SELECT speaker FROM "
            "speaker_terms)"
        )
        return [
            *(f"a statement lies outside its passage, row {row}. Run: searchkit rebuild" for (row,) in outside),
            *(f"the speaker {name!r} cannot be found by name. Run: searchkit rebuild" for (name,) in nameless),
        ]

    def _found(self, column: str, values: Iterable[int]) -> list[Said]:
        found: Sequence[Sequence[object]] = self._db.execute(
            f"SELECT {_FIELDS} FROM said WHERE {column} {IN_LIST} ORDER BY row, ordinal",
            (json.dumps([int(value) for value in values]),),
        ).fetchall()
        return [Said(*row) for row in found]  # type: ignore[arg-type]
