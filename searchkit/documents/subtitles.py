"""Subtitles (.srt, .vtt): what is said, as paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.types import Document

_TIMES = re.compile(
    r"\s*(?P<start>(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-+>\s*(?P<end>(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})"
)
_VOICE = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")
_ENDS = re.compile(r"[.!?…。！？][\"'”’)\]♪]*$")
_PAUSE = 3.0  # seconds of silence that end a paragraph
_LONG = 600  # characters after which the next sentence begins a paragraph
_SKIPPED = ("WEBVTT", "STYLE", "REGION")


def read_subtitles(text: str, doc_id: str) -> Document:
    """Return the document of subtitles: times are left out, cues are joined to paragraphs at pauses and sentences."""
    blocks, said, before = Blocks(), "", 0.0
    for start, end, words in _cues(text):
        parted = start - before > _PAUSE or words.startswith("- ") or re.match(r"[^\s:]{2,30}: ", words)
        if said and (parted or (len(said) > _LONG and _ENDS.search(said))):
            blocks.add(said)
            said = ""
        said, before = f"{said} {words}".strip(), end
    blocks.add(said)
    return blocks.document(doc_id, "", {})


def _cues(text: str) -> Iterator[tuple[float, float, str]]:
    """Yield each cue's times in seconds and its words; notes have no times of their own."""
    at = 0.0
    for block in re.split(r"\n[^\S\n]*\n", text.strip("\ufeff\n")):
        lines = block.strip("\n").split("\n")
        timed = next((number for number, line in enumerate(lines[:3]) if _TIMES.match(line)), None)
        if timed is None:
            if words := _note(lines):
                yield at, at, words
            continue
        for start, end, words in _timed(lines[timed:]):
            at = end
            if words:
                yield start, end, words


def _timed(lines: list[str]) -> Iterator[tuple[float, float, str]]:
    """Yield the cues of a block, which are several where no blank line parts them."""
    times, words = _TIMES.match(lines[0]), list[str]()
    for line in lines[1:]:
        following = _TIMES.match(line)
        if following and times:
            if words and words[-1].strip().isdigit():
                words.pop()
            yield _seconds(times["start"]), _seconds(times["end"]), _words(words)
            times, words = following, []
        else:
            words.append(line)
    if times:
        yield _seconds(times["start"]), _seconds(times["end"]), _words(words)


def _note(lines: list[str]) -> str:
    if lines[0].startswith(_SKIPPED):
        return squeeze(lines[0].removeprefix("WEBVTT").lstrip(" -")) if lines[0].startswith("WEBVTT") else ""
    return _words([lines[0].removeprefix("NOTE"), *lines[1:]])


def _words(lines: list[str]) -> str:
    return squeeze(_TAG.sub("", _VOICE.sub(r"\1: ", " ".join(lines))))


def _seconds(time: str) -> float:
    parts = time.replace(",", ".").split(":")
    return sum((float(part) * float(60**power) for power, part in enumerate(reversed(parts))), 0.0)
