"""Office files made by hand, part by part: what people see in them is read, what is left out is told."""

import datetime
import io
import zipfile

import pytest

from searchkit.documents import read
from searchkit.text.splitting import Limits, split

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NAMES = (
    f'{WORD} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(**targets):
    """Return a relations part: r1="header:header1.xml" is the id, the kind and the target."""
    inside = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{target.partition(":")[0]}" Target="{target.partition(":")[2]}"/>'
        for name, target in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'
    )


def package(main, parts):
    """Return a file whose main part is `main`; parts are texts by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_rels/.rels", relations(main=f"officeDocument:{main}"))
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def document_of(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    (document,) = read(path, name)
    return document


def word(tmp_path, body, name="a.docx", related=None, **parts):
    """Return the document of a Word file with this body; related parts by id and kind, parts by name without .xml."""
    files = {f"word/{part}.xml": content for part, content in parts.items()}
    files["word/document.xml"] = f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"
    files["word/_rels/document.xml.rels"] = relations(**(related or {}))
    return document_of(tmp_path, name, package("word/document.xml", files))


def p(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows):
    cells = ("".join(f"<w:tc>{cell if '<' in cell else p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def told(document):
    return {omission.what: (omission.count, omission.where) for omission in document.omitted}


# --- Word


@pytest.mark.parametrize(
    ("inside", "read_as"),
    [
        ("<w:r><w:t>The rent is </w:t></w:r><w:ins><w:r><w:t>ten</w:t></w:r></w:ins><w:del><w:r><w:delText>nine"
         "</w:delText></w:r></w:del><w:r><w:t> crowns.</w:t></w:r>", "The rent is ten crowns."),
        ("<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>come</w:t></w:r></w:moveTo>", "come"),
        ("<w:sdt><w:sdtPr><w:alias w:val='no'/></w:sdtPr><w:sdtContent><w:r><w:t>control</w:t></w:r></w:sdtContent>"
         "</w:sdt>", "control"),
        ("<w:hyperlink r:id='r9'><w:r><w:t>a link</w:t></w:r></w:hyperlink>", "a link"),
        ("<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>REF x</w:instrText><w:fldChar w:fldCharType='separate'/>"
         "</w:r><w:r><w:t>Section 2</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>", "Section 2"),
        ("<w:fldSimple w:instr='DATE'><w:r><w:t>18 June</w:t></w:r></w:fldSimple>", "18 June"),
        ("<w:r><w:fldChar><w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='red'/><w:listEntry w:val='blue'"
         "/></w:ddList></w:ffData></w:fldChar></w:r>", "blue"),
        ("<w:smartTag><w:r><w:t>Oslo</w:t></w:r></w:smartTag>", "Oslo"),
        ("<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t><w:softHyphen/><w:t>s</w:t><w:sym w:char='2192'/></w:r>",
         "co-ops→"),
        ("<w:ruby><w:rt><w:r><w:t>a</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>b</w:t></w:r></w:rubyBase></w:ruby>", "ab"),
        ("<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>", "a+b"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>", "hidden"),
    ],
)  # fmt: skip
def test_a_paragraph_is_read_as_it_stands_once_all_changes_are_accepted(tmp_path, inside, read_as):
    assert word(tmp_path, f"<w:p>{inside}</w:p>").text == read_as


def test_a_paragraph_whose_end_is_deleted_runs_on_into_the_next(tmp_path):
    deleted = "<w:rPr><w:del/></w:rPr>"
    assert word(tmp_path, p("one ", deleted) + p("two") + p("three")).text == "one two\n\nthree"


def test_what_stands_in_content_controls_is_read_wherever_they_are(tmp_path):
    def control(content):
        return f"<w:sdt><w:sdtContent>{content}</w:sdtContent></w:sdt>"

    first = control(f"<w:tc>{p('a')}</w:tc>")
    row = control(f"<w:tr>{first}<w:tc>{control(p('b'))}</w:tc></w:tr>")
    body = control(p("above")) + control(f"<w:tbl>{row}<w:tr><w:tc>{p('c')}</w:tc><w:tc>{p('d')}</w:tc></w:tr></w:tbl>")
    assert word(tmp_path, body).text == "above\n\na | b\nc | d"


def box(text):
    return f"<wps:txbx><w:txbxContent>{p(text)}</w:txbxContent></wps:txbx>"


def test_a_text_box_is_read_once_though_it_is_stored_twice(tmp_path):
    drawn = f"<w:drawing><wp:anchor>{box('in a box')}</wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox><w:txbxContent>{p('in a box')}</w:txbxContent></v:textbox></v:shape></w:pict>"
    both = f"<mc:AlternateContent><mc:Choice>{drawn}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
    assert word(tmp_path, f"<w:p><w:r><w:t>beside</w:t>{both}</w:r></w:p>").text == "beside\n\nin a box"
    assert word(tmp_path, f"<w:p><w:r>{old}</w:r></w:p>").text == "in a box"


def test_a_text_box_may_hold_a_content_control_and_a_table(tmp_path):
    inside = f"<w:sdt><w:sdtContent>{p('quoted')}</w:sdtContent></w:sdt>{table(['a', 'b'])}"
    drawn = f"<w:drawing><wp:inline><w:txbxContent>{inside}</w:txbxContent></wp:inline></w:drawing>"
    assert word(tmp_path, f"<w:p><w:r>{drawn}</w:r></w:p>").text == "quoted\n\na | b"


def test_notes_follow_their_paragraph_and_heads_feet_and_comments_come_last_each_once(tmp_path):
    reference = "<w:r><w:footnoteReference w:id='2'/></w:r><w:r><w:endnoteReference w:id='1'/></w:r>"
    heads = "<w:headerReference r:id='h1'/><w:headerReference r:id='h2'/><w:footerReference r:id='f1'/>"
    document = word(
        tmp_path,
        f"<w:p><w:r><w:t>The rent.</w:t></w:r>{reference}</w:p>{p('Next.')}<w:sectPr>{heads}</w:sectPr>",
        related={"n": "footnotes:footnotes.xml", "e": "endnotes:endnotes.xml", "h1": "header:header1.xml",
                 "h2": "header:header2.xml", "f1": "footer:footer1.xml", "c": "comments:comments.xml"},
        footnotes=f"<w:footnotes {WORD}><w:footnote w:id='2'>{p('In crowns.')}</w:footnote></w:footnotes>",
        endnotes=f"<w:endnotes {WORD}><w:endnote w:id='1'>{p('Of 1921.')}</w:endnote></w:endnotes>",
        header1=f"<w:hdr {WORD}>{p('Harbour office')}</w:hdr>",
        header2=f"<w:hdr {WORD}>{p('Harbour office')}</w:hdr>",
        footer1=f"<w:ftr {WORD}>{p('12')}</w:ftr>",
        comments=f"<w:comments {WORD}><w:comment w:id='0' w:author='Ann'>{p('Check this.')}</w:comment></w:comments>",
    )  # fmt: skip
    assert document.text.split("\n\n") == [
        "The rent.", "In crowns.", "Of 1921.", "Next.", "Harbour office", "Comment (Ann): Check this.",
    ]  # fmt: skip


STYLES = f"""<w:styles {WORD}>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Chapter of ours"/><w:basedOn w:val="H1"/></w:style>
<w:style w:type="paragraph" w:styleId="Deutsch"><w:name w:val="Überschrift 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Lined"><w:name w:val="Law"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Body"><w:name w:val="Loud"/><w:basedOn w:val="H1"/><w:pPr><w:outlineLvl
 w:val="9"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Round"><w:name w:val="Round"/><w:basedOn w:val="Round"/></w:style></w:styles>"""


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        ('<w:pStyle w:val="H1"/>', 1), ('<w:pStyle w:val="Own"/>', 1), ('<w:pStyle w:val="Deutsch"/>', 2),
        ('<w:pStyle w:val="Lined"/>', 3), ('<w:outlineLvl w:val="1"/>', 2), ('<w:pStyle w:val="Body"/>', None),
        ('<w:pStyle w:val="Round"/>', None), ('<w:pStyle w:val="Gone"/>', None),
    ],
)  # fmt: skip
def test_a_heading_is_one_by_its_style_its_style_s_basis_or_its_outline(tmp_path, properties, level):
    document = word(tmp_path, p("Rents", properties) + p("Below."), related={"s": "styles:styles.xml"}, styles=STYLES)
    assert [mark.level for mark in document.marks] == ([] if level is None else [level])


def bold(text, run="<w:b/>"):
    return f"<w:p><w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize("run", ["<w:b/>", '<w:rStyle w:val="Strong"/>'])
def test_lines_in_bold_type_are_headings_where_there_are_several(tmp_path, run):
    document = word(tmp_path, bold("Rents", run) + p("Below.") + bold("Who pays?", run) + p("You."))
    assert [document.text[m.start : m.end] for m in document.marks if m.kind == "heading"] == ["Rents", "Who pays?"]
    assert document.title == ""


@pytest.mark.parametrize(
    "body",
    [
        bold("Rents") + p("Below."),  # a single one
        bold("Rents", '<w:b w:val="0"/>') + p("Below.") + bold("Fees", '<w:b w:val="false"/>') + p("Below."),
        bold("Pay the rent now.") + p("Below.") + bold("Pay the fee now.") + p("Below."),
    ],
)
def test_what_is_not_in_bold_type_or_said_in_a_sentence_is_no_heading(tmp_path, body):
    assert word(tmp_path, body).marks == ()


NUMBERING = f"""<w:numbering {WORD}><w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/>
</w:num><w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>
</w:lvlOverride></w:num></w:numbering>"""


def test_items_bear_the_numbers_that_word_counts(tmp_path):
    def item(text, number, depth=0):
        return p(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')

    body = (
        item("a", 1) + item("b", 1, 1) + item("c", 1, 1) + item("d", 1) + item("e", 1, 1) + item("f", 2) + item("g", 3)
    )
    document = word(tmp_path, body, related={"n": "numbering:numbering.xml"}, numbering=NUMBERING)
    assert document.text.split("\n") == ["1. a", "  1.a) b", "  1.b) c", "2. d", "  2.a) e", "- f", "5. g"]


def test_a_table_in_a_cell_stands_in_its_cell(tmp_path):
    inner = p("cabin") + table(["berth", "four"], ["light", "no"])
    document = word(tmp_path, table(["Name", "Berth"], ["Odalys", inner]))
    assert document.text == "Name | Berth\nOdalys | cabin berth, four; light, no"
    assert [mark[2:] for mark in document.marks] == [("table", 1), ("table", 0)]


def test_a_frame_of_one_cell_is_read_like_what_stands_in_it(tmp_path):
    assert word(tmp_path, table([p("one") + p("two")])).text == "one\n\ntwo"


def test_a_cell_over_rows_stands_in_each_and_one_over_columns_once_and_deleted_rows_go(tmp_path):
    rows = (
        '<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{north}</w:tc><w:tc>{berth}</w:tc></w:tr>'
        '<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{crew}</w:tc><w:tc>{ann}</w:tc><w:tc>{one}</w:tc>'
        "</w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>{bob}</w:tc><w:tc>{two}</w:tc></w:tr>"
        "<w:tr><w:trPr><w:del/></w:trPr><w:tc>{gone}</w:tc></w:tr>"
    )
    words = ("north", "berth", "crew", "ann", "one", "bob", "two", "gone")
    document = word(tmp_path, f"<w:tbl>{rows.format(**{name: p(name) for name in words})}</w:tbl>")
    assert document.text == "north |  | berth\ncrew | ann | one\ncrew | bob | two"


def picture(description):
    return (
        f'<w:drawing><wp:inline><wp:docPr id="1" name="x" descr="{description}"/><a:graphic><a:graphicData><pic:pic>'
        "<pic:nvPicPr/></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def test_descriptions_of_pictures_are_read_and_pictures_without_are_counted(tmp_path):
    pictures = "".join(f"<w:p><w:r>{picture(text)}</w:r></w:p>" for text in ("A pump at dusk", "", "image3.png"))
    document = word(tmp_path, p("Text.") + pictures)
    assert document.text == "Text.\n\nA pump at dusk"
    assert told(document) == {"pictures without a description": (2, "")}


def test_objects_and_imported_parts_are_told(tmp_path):
    thing = '<w:object><v:shape><v:imagedata/></v:shape><o:OLEObject ProgID="Excel.Sheet.12"/></w:object>'
    document = word(tmp_path, p("Text.") + f"<w:p><w:r>{thing}</w:r></w:p><w:altChunk r:id='r1'/>")
    assert told(document) == {"embedded objects": (1, "Excel.Sheet.12"), "imported parts": (1, "")}


CHART = f"""<c:chartSpace {NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Rents by year</a:t></a:r></a:p>
</c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>North</c:v>
</c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>spring</c:v></c:pt><c:pt idx="1">
<c:v>autumn</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode>
<c:pt idx="0"><c:v>0.4</c:v></c:pt><c:pt idx="1"><c:v>0.6</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>
</c:barChart></c:plotArea></c:chart></c:chartSpace>"""


def test_a_chart_s_title_names_and_values_are_read(tmp_path):
    drawn = '<a:graphic><a:graphicData><c:chart r:id="c1"/></a:graphicData></a:graphic>'
    body = f"<w:p><w:r><w:drawing><wp:inline>{drawn}</wp:inline></w:drawing></w:r></w:p>"
    document = word(tmp_path, body, related={"c1": "chart:chart1.xml"}, chart1=CHART)
    assert document.text == "Rents by year\n\n | North\nspring | 40%\nautumn | 60%"


def test_a_damaged_part_is_read_as_far_as_it_goes_and_told(tmp_path):
    document = word(tmp_path, p("One.") + "<w:p><w:r><w:t>Two.</w:t></w:r><w:p><w:r></w:t>")
    assert document.text.startswith("One.\n\nTwo.")
    assert told(document) == {"damaged parts": (1, "word/document.xml")}


@pytest.mark.parametrize("name", ["a.docm", "a.dotx"])
def test_files_with_macros_and_templates_are_read(tmp_path, name):
    assert word(tmp_path, p("Text."), name=name).text == "Text."


def test_a_heading_without_text_below_is_found_as_text(tmp_path):
    body = p("Rents", '<w:outlineLvl w:val="0"/>') + p("Fees", '<w:outlineLvl w:val="0"/>') + p("Ten crowns.")
    passages = split(word(tmp_path, body), Limits(minimum=0), lambda texts: [len(text.split()) for text in texts])
    assert [(passage.section, passage.text) for passage in passages] == [("", "Rents"), ("Fees", "Ten crowns.")]


# --- slides


def shape(text, kind=None, name="sp"):
    place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else "<p:nvPr/>"
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:{name}><p:nvSpPr>{place}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:{name}>"


def slides(tmp_path, *pages, related=None, **parts):
    """Return the document of slides with these shapes; what slide 1 refers to by id and kind, parts by name."""
    files = {f"ppt/slides/{part}.xml": content for part, content in parts.items()}
    listed = "".join(f'<p:sldId id="{300 + n}" r:id="s{n}"/>' for n in range(len(pages)))
    files["ppt/presentation.xml"] = f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    targets = {f"s{n}": f"slide:slides/slide{n}.xml" for n in range(len(pages))}
    files["ppt/_rels/presentation.xml.rels"] = relations(**targets, a="commentAuthors:slides/authors.xml")
    for n, (shapes, attributes) in enumerate((page, "") if isinstance(page, str) else page for page in pages):
        tree = f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
        files[f"ppt/slides/slide{n}.xml"] = f"<p:sld {NAMES} {attributes}>{tree}</p:sld>"
    files["ppt/slides/_rels/slide0.xml.rels"] = relations(**(related or {}))
    return document_of(tmp_path, "a.pptx", package("ppt/presentation.xml", files))


def sections(document):
    passages = split(document, Limits(), lambda texts: [len(text.split()) for text in texts])
    return [(passage.page, passage.section, passage.text) for passage in passages]


def test_no_passage_crosses_slides_and_a_slide_without_a_title_stands_under_none(tmp_path):
    document = slides(
        tmp_path, shape("Water", "title") + shape("rain"), shape("snow"), shape("Only a title", "ctrTitle")
    )
    assert sections(document) == [(1, "", "rain"), (2, "", "snow"), (3, "", "Only a title")]
    assert document.title == "Water"


def test_groups_tables_descriptions_notes_and_comments_of_slides_are_read(tmp_path):
    def row(*cells):
        texts = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in cells)
        return f"<a:tr>{texts}</a:tr>"

    rows = f"<a:tbl><a:tblPr firstRow='1'/>{row('Pump', 'Age')}{row('One', '40')}</a:tbl>"
    grid = f"<p:graphicFrame><a:graphic><a:graphicData>{rows}</a:graphicData></a:graphic></p:graphicFrame>"
    seen = '<p:pic><p:nvPicPr><p:cNvPr id="4" name="x" descr="A pump"/></p:nvPicPr></p:pic>'
    blind = '<p:pic><p:nvPicPr><p:cNvPr id="5" name="y"/></p:nvPicPr></p:pic>'
    group = f"<p:grpSp>{shape('in a group')}<p:grpSp>{shape('deeper')}</p:grpSp></p:grpSp>"
    spoken = shape("7", "sldNum") + shape("Speak slowly.", "body")
    document = slides(
        tmp_path,
        shape("Water", "title") + group + grid + seen + blind + shape("7", "sldNum") + shape("ACME", "ftr"),
        (shape("Later", "title") + shape("text") + shape("ACME", "ftr"), 'show="0"'),
        related={"n": "notesSlide:notes.xml", "c": "comments:comments.xml"},
        notes=f"<p:notes {NAMES}><p:cSld><p:spTree>{spoken}</p:spTree></p:cSld></p:notes>",
        comments=f'<p:cmLst {NAMES}><p:cm authorId="0"><p:text>Too long?</p:text></p:cm></p:cmLst>',
        authors=f'<p:cmAuthorLst {NAMES}><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>',
    )
    assert document.text.split("\n\n") == [
        "Water", "in a group", "deeper", "Pump | Age\nOne | 40", "A pump", "ACME", "Speak slowly.",
        "Comment (Ann): Too long?", "Later", "text",
    ]  # fmt: skip
    assert told(document) == {"pictures without a description": (1, "")}
    assert document.metadata["hidden"] == ["slide 2"]


def test_charts_and_diagrams_of_slides_are_read(tmp_path):
    frames = "".join(
        f"<p:graphicFrame><a:graphic><a:graphicData>{inside}</a:graphicData></a:graphic></p:graphicFrame>"
        for inside in ('<c:chart r:id="c1"/>', '<dgm:relIds r:dm="d1" r:lo="x"/>')
    )
    points = "".join(f"<dgm:pt><dgm:t><a:p><a:r><a:t>{t}</a:t></a:r></a:p></dgm:t></dgm:pt>" for t in ("rain", "river"))
    document = slides(
        tmp_path,
        frames,
        related={"c1": "chart:chart.xml", "d1": "diagramData:data.xml"},
        chart=CHART,
        data=f"<dgm:dataModel {NAMES}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>",
    )
    assert document.text == "Rents by year\n\n | North\nspring | 40%\nautumn | 60%\n\n- rain\n- river"


# --- workbooks


def workbook_bytes(fill):
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    fill(workbook, workbook.active)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_a_sheet_with_a_chart_alone_leaves_the_other_sheets_readable(tmp_path):
    def fill(workbook, sheet):
        chart = pytest.importorskip("openpyxl.chart")
        for row in (["Year", "Rent"], [2023, 10], [2024, 12]):
            sheet.append(row)
        bars = chart.BarChart()
        bars.title = "Rents by year"
        bars.add_data(chart.Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        workbook.create_chartsheet("Chart").add_chart(bars)

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    assert document.text == "Sheet\n\nYear | Rent\n2023 | 10\n2024 | 12\n\nChart\n\nRents by year"
    assert document.omitted == ()


def test_cells_are_read_as_the_sheet_shows_them(tmp_path):
    cells = [
        ("Day", None), (datetime.date(2024, 3, 5), "dd.mm.yyyy"), (0.475, "0.0%"), (1234.5, '#,##0.00 "€"'),
        (datetime.time(9, 30), "hh:mm"), (True, None), ("007", None), (40, None), ("a\nb", None),
    ]  # fmt: skip

    def fill(workbook, sheet):
        for column, (value, code) in enumerate(cells, 1):
            sheet.cell(1, column, value).number_format = code or "General"

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    assert document.text.split("\n\n")[1] == "Day | 05.03.2024 | 47.5% | 1,234.50 € | 09:30 | TRUE | 007 | 40 | a b"


def test_hidden_sheets_rows_and_columns_are_read_and_hidden_sheets_told(tmp_path):
    def fill(workbook, sheet):
        sheet.append(["a", "b"])
        sheet.append(["c", "d"])
        sheet.row_dimensions[2].hidden = sheet.column_dimensions["B"].hidden = True
        lists = workbook.create_sheet("Lists")
        lists.append(["e"])
        lists.sheet_state = "veryHidden"

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    assert document.text == "Sheet\n\na | b\nc | d\n\nLists\n\ne"
    assert document.metadata["hidden"] == ["sheet Lists"]


def test_a_cell_merged_over_rows_stands_in_each_and_comments_name_their_cell(tmp_path):
    def fill(workbook, sheet):
        comments = pytest.importorskip("openpyxl.comments")
        for row in (["North", "Ann", 1], [None, "Bob", 2], ["South", "Eve", 3]):
            sheet.append(row)
        sheet.merge_cells("A1:A2")
        sheet["B2"].comment = comments.Comment("On leave.", "Jane")

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    assert (
        document.text == "Sheet\n\nNorth | Ann | 1\nNorth | Bob | 2\nSouth | Eve | 3\n\nComment on B2 (Jane): On leave."
    )


def test_formulas_that_no_program_has_computed_are_told(tmp_path):
    def fill(workbook, sheet):
        sheet.append(["Sum", "=1+1", "=2+2"])

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    assert told(document) == {"formulas without a stored value": (2, "Sheet!B1, Sheet!C1")}


def test_a_long_table_s_pieces_hold_whole_rows_below_a_marked_header(tmp_path):
    def fill(workbook, sheet):
        sheet.append(["Booking", "Purpose", "Amount"])
        for number in range(200):
            sheet.append([f"B{number}", "rent of the north boathouse", number])

    document = document_of(tmp_path, "a.xlsx", workbook_bytes(fill))
    header = next(mark for mark in document.marks if mark.level == 1 and mark.kind == "table")
    assert document.text[header.start : header.end] == "Booking | Purpose | Amount"
    passages = split(document, Limits(), lambda texts: [len(text.split()) for text in texts])
    lines = [line for passage in passages for line in passage.text.split("\n")]
    assert len(passages) > 5
    assert lines[1:] == [f"B{number} | rent of the north boathouse | {number}" for number in range(200)]
