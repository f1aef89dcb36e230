"""What lies on the pages of a PDF: the values of form fields, and comments."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import POINTER, byref, c_ushort, cast, create_string_buffer
from typing import Any

from searchkit.documents.account import ATTACHMENTS, Account
from searchkit.documents.comments import comment_line
from searchkit.documents.decoding import clean
from searchkit.documents.extras import require
from searchkit.documents.lines import squeeze
from searchkit.documents.printed import Piece

_FIELD_SIZE = 10.0  # points, in which a field's value is taken to be set
_XFA = ("parts of the form", "it is a form of a kind (XFA) that only few programs show")


class Annotations:
    """Asks a document for its fields and comments."""

    def __init__(self, pdf: Any, account: Account) -> None:
        self._pdfium = require("pypdfium2.raw", "pdf")
        self._account = account
        kind = pdf.get_formtype()
        if kind in (self._pdfium.FORMTYPE_XFA_FULL, self._pdfium.FORMTYPE_XFA_FOREGROUND):
            account.add(_XFA)
        if kind != self._pdfium.FORMTYPE_NONE:
            pdf.init_forms()
        self._form = pdf.formenv
        self._shown = {self._pdfium.FPDF_FORMFIELD_TEXTFIELD, self._pdfium.FPDF_FORMFIELD_COMBOBOX,
                       self._pdfium.FPDF_FORMFIELD_LISTBOX}  # fmt: skip
        self._ticked = {self._pdfium.FPDF_FORMFIELD_CHECKBOX, self._pdfium.FPDF_FORMFIELD_RADIOBUTTON}

    def of(self, page: Any) -> tuple[list[Piece], list[str]]:
        """Return the values of a page's fields where they stand, and its comments."""
        fields: list[Piece] = []
        remarks: list[str] = []
        for number in range(self._pdfium.FPDFPage_GetAnnotCount(page.raw)):
            annotation = self._pdfium.FPDFPage_GetAnnot(page.raw, number)
            if annotation:
                self._read(annotation, fields, remarks)
                self._pdfium.FPDFPage_CloseAnnot(annotation)
        return fields, remarks

    def _read(self, annotation: Any, fields: list[Piece], remarks: list[str]) -> None:
        kind = self._pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == self._pdfium.FPDF_ANNOT_WIDGET and self._form is not None:
            value = self._value(annotation)
            if value:
                fields.append(self._placed(annotation, value))
        elif kind == self._pdfium.FPDF_ANNOT_FILEATTACHMENT:
            self._account.add(ATTACHMENTS, self._text(annotation, b"Contents"))
        elif kind not in (self._pdfium.FPDF_ANNOT_WIDGET, self._pdfium.FPDF_ANNOT_LINK, self._pdfium.FPDF_ANNOT_POPUP):
            words = self._text(annotation, b"Contents")
            author = self._text(annotation, b"T")
            is_text = kind == self._pdfium.FPDF_ANNOT_FREETEXT  # a box of text on the page
            remarks += [words if is_text else comment_line(words, author)] if words else []

    def _value(self, annotation: Any) -> str:
        form, pdfium = self._form.raw, self._pdfium
        kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind in self._ticked:
            return "[x]" if pdfium.FPDFAnnot_IsChecked(form, annotation) else ""
        if kind not in self._shown or pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
            return ""
        chosen = [
            _read(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, at)
            for at in range(max(0, pdfium.FPDFAnnot_GetOptionCount(form, annotation)))
            if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, at)
        ]
        return ", ".join(filter(None, chosen)) or _read(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)

    def _text(self, annotation: Any, key: bytes) -> str:
        return _read(self._pdfium.FPDFAnnot_GetStringValue, annotation, key)

    def _placed(self, annotation: Any, text: str) -> Piece:
        box = self._pdfium.FS_RECTF()
        self._pdfium.FPDFAnnot_GetRect(annotation, byref(box))
        low, high = sorted((box.bottom, box.top))
        bottom = (low + high - _FIELD_SIZE) / 2 if high - low < 3 * _FIELD_SIZE else high - 1.5 * _FIELD_SIZE
        return Piece(text, box.left, box.right, bottom, bottom + _FIELD_SIZE, _FIELD_SIZE)


_PASSWORD = 1 << 13


def with_fields(lines: Sequence[Sequence[Piece]], fields: Sequence[Piece]) -> list[list[Piece]]:
    """Put each field's value into the line at its height, or between the lines above and below it."""
    merged = [list(line) for line in lines]
    for piece in sorted(fields, key=lambda one: (-one.bottom, one.left)):
        at_height = next((line for line in merged if any(map(piece.beside, line))), None)
        if at_height is not None:
            at_height.append(piece)
            at_height.sort(key=lambda one: one.left)
        else:
            below = next((at for at, line in enumerate(merged) if line[0].bottom < piece.bottom), len(merged))
            merged.insert(below, [piece])
    return merged


def _read(ask: Any, *arguments: Any) -> str:
    """Return a text that PDFium writes into a buffer: once for its length, once for itself."""
    size = ask(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = create_string_buffer(size)
    ask(*arguments, cast(buffer, POINTER(c_ushort)), size)
    return squeeze(clean(buffer.raw[: size - 2].decode("utf-16-le", "replace")))
