"""Names that mean the same, however their accents are coded: composed (NFC), as we write them, or apart, as Macs do."""

from __future__ import annotations

from unicodedata import is_normalized, normalize


def nfc(name: str) -> str:
    """Return a name with its accents composed."""
    return name if is_normalized("NFC", name) else normalize("NFC", name)


def spellings(name: str) -> tuple[str, ...]:
    """Return a name as it is, composed, and apart; each once."""
    return (name,) if name.isascii() else tuple(dict.fromkeys((name, nfc(name), normalize("NFD", name))))
