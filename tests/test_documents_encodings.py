"""Encodings of texts that are not quite UTF-8: what they are taken for, and what is told."""

import unicodedata

import pytest

from searchkit.documents import read
from searchkit.documents.decoding import decoded
from searchkit.errors import DocumentError

TEXTS = {
    "Spanish": ("cp1252", "La señal de niebla se oyó durante toda la noche. El capitán José Núñez paró la máquina."),
    "one German word": ("cp1252", "Größe"),
    "French": ("cp1252", "Le café de l’hôtel était fermé à cause de la pluie, où êtes-vous ?"),
    "Polish": ("cp1250", "Zażółć gęślą jaźń. Wąż wpełzł na łąkę i śpi."),
    "Czech": ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
    "Hungarian": ("cp1250", "Árvíztűrő tükörfúrógép, és a szivattyúk leálltak. Senki sem tudta, ki őrzi a kulcsot."),
    "Turkish": ("cp1254", "Pompalar gece durdu, şehirde kimse anahtarın nerede olduğunu bilmiyordu. Çok yağmur yağdı."),
    "Russian": ("cp1251", "Вода пришла ночью, и насосы остановились. Никто не знал, у кого ключ от дома."),
    "Russian of Unix": ("koi8_r", "Вода пришла ночью, и насосы остановились. Никто не знал, у кого ключ от дома."),
    "Greek": ("cp1253", "Το νερό ήρθε τη νύχτα και οι αντλίες σταμάτησαν."),
    "Hebrew": ("cp1255", "המים הגיעו בלילה והמשאבות נעצרו. איש לא ידע למי המפתח."),
    "Arabic": ("cp1256", "جاء الماء ليلا وتوقفت المضخات ولم يعرف أحد من يملك المفتاح"),
    "Japanese": ("shift_jis", "水は夜に来た。ポンプは止まり、誰も鍵を持っていなかった。"),
    "Japanese of Unix": ("euc_jp", "水は夜に来た。ポンプは止まり、誰も鍵を持っていなかった。"),
    "Korean": ("euc_kr", "물은 밤에 왔고 펌프는 멈췄다. 아무도 열쇠를 가지고 있지 않았다."),
    "Chinese": ("gb18030", "水在夜里来了，水泵停了，没有人知道谁有那个房子的钥匙。他们说这是不可能的。"),
    "Chinese of Taiwan": ("big5", "水在夜裡來了，水泵停了，沒有人知道誰有那個房子的鑰匙。他們說這是不可能的。"),
    "Russian in 16 bits": ("utf-16-le", "Вода пришла ночью, и 12 насосов остановились.\n"),
    "Japanese in 16 bits": ("utf-16-le", "水は夜に来た。\nポンプは止まり 12"),
    "Korean in 16 bits, the other way round": ("utf-16-be", "물은 밤에 왔고 펌프는 멈췄다.\n"),
}


@pytest.mark.parametrize(("encoding", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_without_a_mark_is_read_in_the_encoding_that_it_is_in(encoding, text):
    assert decoded(text.encode(encoding), "a.txt") == (text, 0)


@pytest.mark.parametrize("at", [0, 30, 5_000])
def test_one_bad_byte_in_utf8_is_one_bad_byte(tmp_path, at):
    data = "Die Straße nach Köln ist gesperrt, schreibt der Bürgermeister.\n".encode() * 200
    (tmp_path / "a.txt").write_bytes(data[:at] + b"\xff" + data[at:])
    (document,) = read(tmp_path / "a.txt", "a.txt")
    assert document.text.count("Die Straße nach Köln") >= 199
    assert document.text.count("\ufffd") - document.text.count("\ufffd\ufffd") >= 1
    (told,) = document.omitted
    assert (told.what, told.count >= 1) == ("bad bytes", True)


def test_a_few_bad_bytes_in_ascii_are_told_and_no_letters():
    text, bad = decoded(b"a plain text with one \xff byte", "a.txt")
    assert (text, bad) == ("a plain text with one \ufffd byte", 1)


def test_a_zero_byte_in_a_text_is_one_bad_byte():
    assert decoded(b"name,size\nro\x00pe,5\n", "a.csv") == ("name,size\nro\ufffdpe,5\n", 1)


def test_a_good_text_has_no_account(tmp_path):
    (tmp_path / "a.txt").write_text("Die Straße.")
    (document,) = read(tmp_path / "a.txt", "a.txt")
    assert document.omitted == ()


def test_what_no_encoding_explains_is_refused():
    noise = bytes(range(0x80, 0x100)) * 40 + b" a word "
    with pytest.raises(DocumentError, match=r"encoding that cannot be told|binary file"):
        decoded(noise, "a.txt")


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv", "a.json", "a.eml"])
def test_texts_and_titles_have_their_accents_composed(tmp_path, name):
    apart = unicodedata.normalize("NFD", "Café Zürich")
    content = {
        "a.txt": f"{apart}\n\nÜber den Fluß.\n", "a.md": f"# {apart}\n\n{apart}\n",
        "a.html": f"<h1>{apart}</h1><p>{apart}",
        "a.csv": f"title,text\n{apart},{apart}\n", "a.json": f'{{"title": "{apart}", "text": "{apart}"}}',
        "a.eml": f"From: a@b.c\nSubject: {apart}\n\n{apart}\n",
    }  # fmt: skip
    (tmp_path / name).write_text(content[name], encoding="utf-8")
    (document,) = read(tmp_path / name, name)
    assert document.title == "Café Zürich"
    assert unicodedata.is_normalized("NFC", document.text)
