"""Numbers as sheets show them; each value is what Excel and LibreOffice display for that format."""

import pytest

from searchkit.documents.numberformats import BUILT_IN, general, shown_number, shown_text

SERIAL = 45_356.75  # the fifth of March 2024, 18:00


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.475, "0%", "48%"),
        (0.475, "0.0%", "47.5%"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1234.5, '#,##0.00 "€"', "1,234.50 €"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (-1234.5, '_-* #,##0.00 €_-;-* #,##0.00 €_-;_-* "-"?? €_-;_-@_-', "-1,234.50 €"),
        (0, '_-* #,##0.00 €_-;-* #,##0.00 €_-;_-* "-" €_-;_-@_-', "- €"),
        (-5, "$#,##0;[Red]($#,##0)", "($5)"),
        (-5, "0.00", "-5.00"),
        (-0.001, "0.00", "0.00"),
        (0.5, "#.##", ".5"),
        (3, "0.##", "3"),
        (7, "00000", "00007"),
        (5551234, "000-0000", "555-1234"),
        (1234567, '0.0,,"M"', "1.2M"),
        (0.000123, "0.00E+00", "1.23E-04"),
        (12345, "##0.0E+0", "12.3E+3"),
        (2.5, "# ?/?", "2 1/2"),
        (0.333333, "# ?/?", "1/3"),
        (42, '0 "pumps"', "42 pumps"),
        (42, r"0\ \k\m", "42 km"),
        (1, '"yes";"yes";"no"', "yes"),
        (0, '"yes";"yes";"no"', "no"),
        (150, '[>100]"many";0', "many"),
        (50, '[>100]"many";0', "50"),
        (7, ";;;", "7"),
        (SERIAL, "yyyy-mm-dd", "2024-03-05"),
        (SERIAL, "d. mmmm yyyy", "5. March 2024"),
        (SERIAL, "ddd d-mmm-yy", "Tue 5-Mar-24"),
        (SERIAL, "dd/mm/yyyy hh:mm", "05/03/2024 18:00"),
        (SERIAL, "h:mm AM/PM", "6:00 PM"),
        (SERIAL, "[$-409]m/d/yy h:mm AM/PM;@", "3/5/24 6:00 PM"),
        (1.5, "[h]:mm", "36:00"),
        (0.5006944, "hh:mm:ss", "12:01:00"),
        (0.0000058, "mm:ss.0", "00:00.5"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (-1, "yyyy-mm-dd", "-1"),
        (1e9, "yyyy-mm-dd", "1000000000"),
        (12, "General", "12"),
        (12, 'General" kg"', "12 kg"),
    ],
)
def test_a_number_is_shown_as_its_format_says(value, code, shown):
    assert shown_number(value, code) == shown


def test_dates_of_old_macs_begin_in_1904():
    assert shown_number(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"


@pytest.mark.parametrize(
    ("value", "shown"), [(40, "40"), (0.1 + 0.2, "0.3"), (4006381333931, "4006381333931"), (1 / 3, "0.3333333333")]
)
def test_a_number_without_a_format_keeps_all_digits_that_count(value, shown):
    assert general(value) == shown


def test_formats_that_files_name_by_number_alone_all_show_something():
    assert all(shown_number(value, code) for code in BUILT_IN.values() for value in (0, 1.5, -2, 45_000.3))


@pytest.mark.parametrize("code", ["General", "0.00", "yyyy-mm-dd"])
def test_what_is_no_finite_number_is_shown_as_it_stands(code):
    assert [shown_text(text, code) for text in ("1e999", "nan", " n/a ")] == ["1e999", "nan", "n/a"]
