"""A writer of small PDFs: words at places, form fields, comments, attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 612, 792


@dataclass
class Page:
    """What stands on a page: (text, points from the left, points from the bottom, font size), and annotations.

    Fields are (kind, value, left, bottom) with kind "Tx" or "Btn"; remarks are (kind, text, author).
    """

    words: Sequence[tuple[str, float, float, float]] = ()
    fields: Sequence[tuple[str, str, float, float]] = ()
    remarks: Sequence[tuple[str, str, str]] = ()


@dataclass
class Writer:
    """Puts objects one after the other."""

    objects: list[str] = field(default_factory=list)

    def add(self, content: str) -> int:
        """Append an object; return its number."""
        self.objects.append(content)
        return len(self.objects)

    def written(self, root: int, info: int) -> bytes:
        """Return the file."""
        body, places = "%PDF-1.7\n", []
        for number, content in enumerate(self.objects, 1):
            places.append(len(body))
            body += f"{number} 0 obj\n{content}\nendobj\n"
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        trailer = f"trailer << /Size {len(self.objects) + 1} /Root {root} 0 R /Info {info} 0 R >>"
        end = f"xref\n0 {len(self.objects) + 1}\n0000000000 65535 f \n{table}{trailer}\nstartxref\n{len(body)}\n%%EOF"
        return (body + end).encode("cp1252")


def pdf_of(pages: Sequence[Page], *, title: str = "", attached: Sequence[str] = ()) -> bytes:
    """Return a PDF with these pages."""
    writer = Writer()
    font = writer.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    tree = writer.add("")
    kids, widgets = [], []
    for page in pages:
        drawn = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET" for text, x, y, size in page.words)
        stream = writer.add(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        own = [writer.add(_field(number, *one)) for number, one in enumerate(page.fields, len(widgets))]
        widgets += own
        notes = [writer.add(_remark(*one)) for one in page.remarks]
        annotations = " ".join(f"{number} 0 R" for number in [*own, *notes])
        kids.append(
            writer.add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {stream} 0 R /Annots "
                f"[{annotations}] /Resources << /Font << /F1 {font} 0 R >> >> >>"
            )
        )
    writer.objects[tree - 1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    fields = " ".join(f"{number} 0 R" for number in widgets)
    form = f"/AcroForm << /Fields [{fields}] /DR << /Font << /F1 {font} 0 R >> >> >>" if widgets else ""
    files = "".join(f"({_escaped(name)}) {_file(writer, name)} 0 R " for name in attached)
    names = f"/Names << /EmbeddedFiles << /Names [{files}] >> >>" if attached else ""
    root = writer.add(f"<< /Type /Catalog /Pages {tree} 0 R {form} {names} >>")
    return writer.written(root, writer.add(f"<< /Title ({_escaped(title)}) >>"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _field(number: int, kind: str, value: str, left: float, bottom: float) -> str:
    box = f"/Rect [{left} {bottom - 2} {left + 120} {bottom + 12}]"
    shown = f"/V ({_escaped(value)})" if kind == "Tx" else f"/V /{value} /AS /{value}"
    return f"<< /Type /Annot /Subtype /Widget /FT /{kind} /T (field{number}) /DA (/F1 10 Tf) {shown} {box} >>"


def _remark(kind: str, text: str, author: str) -> str:
    return (
        f"<< /Type /Annot /Subtype /{kind} /Rect [10 10 20 20] /Contents ({_escaped(text)}) /T ({_escaped(author)}) >>"
    )


def _file(writer: Writer, name: str) -> int:
    stream = writer.add("<< /Type /EmbeddedFile /Length 1 >>\nstream\nx\nendstream")
    return writer.add(f"<< /Type /Filespec /F ({_escaped(name)}) /EF << /F {stream} 0 R >> >>")
