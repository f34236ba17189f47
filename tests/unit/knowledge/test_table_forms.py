"""Tables that are no CSV: JSON Lines, Excel and Parquet read to the same facts by the same mapping."""

import datetime
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import BuildReport, build
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.source import FileRead, RowRead, Source, read_source
from limbeck.knowledge.tables.table import Table
from limbeck.knowledge.tables.workbook import read_workbook

ROWS = [
    {"name": "Aurora", "name_zh": "极光厅", "seats": 12, "fee": 9.5, "opened": "2021-05-01"},
    {"name": "Polaris", "name_zh": "北辰厅", "seats": 40, "fee": 12.0, "opened": "2019-11-30"},
]
MAPPING = '[[property]]\nid = "seats"\nlabel = { en = "seats", zh = "座位数" }\nunit = { en = "people", zh = "人" }\n'


def save(folder: Path, sheets: dict[str, list[list[object]]], edit: Callable[..., None] | None = None) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if edit:
        edit(book)
    path = folder / "rooms.xlsx"
    book.save(path)
    return path


def with_values(path: Path, values: dict[str, str]) -> Path:
    """Put the values of formulas into a workbook, as Excel does when it saves."""
    copy = path.with_name("computed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            for formula, value in values.items():
                text = text.replace(f"<f>{formula}</f><v />".encode(), f"<f>{formula}</f><v>{value}</v>".encode())
                text = text.replace(f"<f>{formula}</f><v></v>".encode(), f"<f>{formula}</f><v>{value}</v>".encode())
            new.writestr(name, text)
    return copy


def cells(table: Table) -> list[list[str]]:
    return [list(table.headers), *(list(row.cells.values()) for row in table.rows)]


def built(folder: Path, path: Path, **options: object) -> BuildReport:
    return build([Source(kind="table", location=path, root=folder, options=options)], folder / "k.sqlite")


@pytest.mark.parametrize("form", ["jsonl", "xlsx", "parquet", "tsv"])
def test_every_form_gives_the_same_facts(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"rooms.{form}"
    if form == "jsonl":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8")
    elif form == "xlsx":
        path = save(tmp_path, {"Rooms": [list(ROWS[0]), *(list(row.values()) for row in ROWS)]})
    elif form == "tsv":
        lines = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]
        path.write_text("\n".join("\t".join(map(str, line)) for line in lines), encoding="utf-8")
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(ROWS), path)
    (tmp_path / "rooms.toml").write_text(MAPPING, encoding="utf-8")
    report = built(tmp_path, path, mapping="rooms.toml")
    assert (report.rows, report.facts) == (2, 2)
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        found = base.search("北辰厅有多少座位数？")[0]
        assert (found.value.zh, found.citation.row) == ("40人", 2)
        text = base.resolve(found.citation)
        assert "name_zh: 北辰厅\nseats: 40\nfee: 12" in text
        assert "opened: 2019-11-30" in text
        assert found.citation.source == ("rooms.xlsx#Rooms" if form == "xlsx" else path.name)


def test_values_are_written_as_a_person_would(tmp_path: Path) -> None:
    def percent(book: object) -> None:
        book["T"]["B3"].number_format = "0%"

    rows = [["name", "a"], ["one", 3.0], ["two", 0.19], ["three", True], ["four", datetime.datetime(2026, 3, 1)]]
    rows += [["five", datetime.datetime(2026, 3, 1, 9, 30)], ["six", datetime.time(8, 15)], ["seven", 1e-7]]
    path = save(tmp_path, {"T": rows}, percent)
    (table,) = read_workbook(path)
    shown = ["3", "19%", "yes", "2026-03-01", "2026-03-01 09:30:00", "08:15:00", "0.0000001"]
    assert [row.cells["a"] for row in table.rows] == shown


def test_a_merged_cell_stands_for_all_it_covers(tmp_path: Path) -> None:
    def merge(book: object) -> None:
        book["T"].merge_cells("A1:C1")
        book["T"].merge_cells("C4:C6")

    rows = [["Rooms of 2026"], [], ["name", "seats", "floor"], ["Aurora", 12, "second"]]
    path = save(tmp_path, {"T": [*rows, ["Polaris", 40], ["Vega", 8]]}, merge)
    (table,) = read_workbook(path)
    assert cells(table) == [
        ["name", "seats", "floor"],
        ["Aurora", "12", "second"],
        ["Polaris", "40", "second"],
        ["Vega", "8", "second"],
    ]
    assert (table.dropped["title row"], table.place(table.rows[0].line)) == (1, f"{table.path} row 4")


def test_formulas_count_by_their_stored_values(tmp_path: Path) -> None:
    path = save(tmp_path, {"T": [["name", "seats"], ["Aurora", "=6*2"], ["Polaris", "=B2+28"]]})
    with pytest.raises(SourceError, match=r"2 formulas have no stored value: T!B2, T!B3") as caught:
        read_workbook(path)
    assert "rooms.xlsx" in str(caught.value)
    (table,) = read_workbook(with_values(path, {"6*2": "12", "B2+28": "40"}))
    assert [row.cells["seats"] for row in table.rows] == ["12", "40"]


def test_each_sheet_is_a_table_and_is_named_in_its_citations(tmp_path: Path) -> None:
    def hide(book: object) -> None:
        book["Secret"].sheet_state = "hidden"

    one, two = [["room", "seats"], ["Aurora", 12]], [["名称", "价格"], ["午餐", 9]]
    path = save(tmp_path, {"Rooms": one, "餐饮": two, "Empty": [], "Secret": [["code", "x"], ["a", "b"]]}, hide)
    report = built(tmp_path, path)
    assert [source.name for source in report.sources] == ["rooms.xlsx#Rooms", "rooms.xlsx#餐饮"]
    assert report.dropped == {"hidden sheet: Secret": 1, "empty sheet: Empty": 1}
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert base.resolve(Citation(source="rooms.xlsx#餐饮", row=1)) == "名称: 午餐\n价格: 9"
    assert [source.name for source in built(tmp_path, path, sheet="Secret").sources] == ["rooms.xlsx#Secret"]
    with pytest.raises(SourceError, match="no sheet 'Rom'") as caught:
        built(tmp_path, path, sheet="Rom")
    assert "Rooms, 餐饮" in str(caught.value)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="only a workbook has sheets"):
        built(tmp_path, tmp_path / "t.csv", sheet="Rooms")


def test_error_cells_are_no_facts_and_counted(tmp_path: Path) -> None:
    path = save(tmp_path, {"T": [["name", "seats"], ["Aurora", "#N/A"], ["Vega", 8]]})
    report = built(tmp_path, path)
    assert (report.facts, report.dropped) == (1, {"cell with the error #N/A": 1})


def test_cells_that_a_sheet_leaves_out_are_empty(tmp_path: Path) -> None:
    def leave_out(book: object) -> None:
        book["T"]["A4"], book["T"]["C4"] = "Vega", "織"

    (table,) = read_workbook(save(tmp_path, {"T": [["name", "a", "b"], ["Aurora", None, "x"]]}, leave_out))
    assert cells(table)[1:] == [["Aurora", "", "x"], ["Vega", "", "織"]]
    assert (table.dropped["blank row"], table.rows[1].line) == (1, 4)


def test_a_stray_cell_at_the_edge_of_a_sheet_is_refused(tmp_path: Path) -> None:
    def stray(book: object) -> None:
        book["T"]["XFD20000"] = "x"

    with pytest.raises(SourceError, match="20,000 rows of 16,384 columns are more than"):
        read_workbook(save(tmp_path, {"T": [["name", "seats"], ["Aurora", 12]]}, stray))


def test_merged_cells_without_end_are_refused(tmp_path: Path) -> None:
    def merge(book: object) -> None:
        from openpyxl.worksheet.cell_range import MultiCellRange

        book["T"].merged_cells = MultiCellRange("A1:XFD1048576")

    with pytest.raises(SourceError, match="merges over"):
        read_workbook(save(tmp_path, {"T": [["name", "seats"], ["Aurora", 12]]}, merge))


def test_the_digest_of_a_sheet_follows_the_file(tmp_path: Path) -> None:
    def digest(seats: int) -> str:
        path = save(tmp_path, {"T": [["name", "seats"], ["Aurora", seats]]})
        records = read_source(Source(kind="table", location=path, root=tmp_path))
        return next(record.digest for record in records if isinstance(record, FileRead))

    assert digest(12) != digest(13)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"name": "a", "x": 1}\n{"name": "b"', ["t.jsonl:2", "broken JSON"]),
        (
            '{"name": "a", "x": 1}\n[1, 2]\n"text"',
            ["2 lines are no rows", "t.jsonl:2", "t.jsonl:3", "not a JSON object"],
        ),
        ('{"name": "a", "x": 1, "x": 2}', ["t.jsonl:1", "key 'x' stands twice"]),
        ('{"name": "a", "x": {"y": 1}}', ["t.jsonl:1", "key 'x' holds an object"]),
        ('{"name": "a", "x": [[1]]}', ["key 'x' holds a list in a list"]),
        ('{"name": "a", "x": ["p;q", "r"]}', ["holds a list with ';' in an item"]),
        ('{"name": "a", "x": 1}\n{"name": "A", "x": 2}', ["a subject has two rows", "t.jsonl:2", "line 1"]),
        ("[" * 100_000, ["t.jsonl:1", "nested too deeply"]),
        ("{}", ["the table is empty"]),
    ],
)
def test_bad_json_lines_are_named(tmp_path: Path, content: str, said: list[str]) -> None:
    (tmp_path / "t.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        built(tmp_path, tmp_path / "t.jsonl")
    assert all(each in str(caught.value) for each in [*said, "fix:"])


def test_numbers_and_lists_of_json_stay_as_written(tmp_path: Path) -> None:
    line = '{"name": "a", "x": 1.10, "y": ["p", 2], "z": null, "w": true}\n\n{"name": "b", "v": "new"}\n'
    (tmp_path / "t.jsonl").write_text(line, encoding="utf-8")
    records = list(read_source(Source(kind="table", location=tmp_path / "t.jsonl", root=tmp_path)))
    rows = [record.text for record in records if isinstance(record, RowRead)]
    assert rows == ["name: a\nx: 1.10\ny: p;2\nz: \nw: yes\nv: ", "name: b\nx: \ny: \nz: \nw: \nv: new"]


@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
@pytest.mark.parametrize(
    "content", [b"name,x\na,1\n", b"", bytes(range(256)) * 8, b"PK\x03\x04" + bytes(90), b"PAR1PAR1"]
)
def test_what_only_has_the_ending_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        built(tmp_path, tmp_path / name)
    assert name in str(caught.value) and "fix:" in str(caught.value)


def test_a_workbook_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, {"T": [["name", "x"], ["a", 1]]})
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(SourceError, match="no zip archive, or cut short"):
        read_workbook(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(SourceError, match=r"it has no part 'xl/workbook.xml'"):
        read_workbook(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    with pytest.raises(SourceError, match="the workbook is damaged"):
        read_workbook(path)


def test_a_table_named_csv_that_is_a_workbook_says_so(tmp_path: Path) -> None:
    save(tmp_path, {"T": [["name", "x"], ["a", 1]]}).rename(tmp_path / "t.csv")
    with pytest.raises(SourceError, match=r"not a text file but a zip archive, as \.xlsx"):
        built(tmp_path, tmp_path / "t.csv")
