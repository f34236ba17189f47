"""What a file or folder is taken for: its ending first, its content where that leaves a choice."""

from pathlib import Path

import pytest

from documents import paragraph, write_docx, write_pdf
from limbeck.core.errors import RecipeError
from limbeck.recipe.draft import draft
from limbeck.recipe.load import load_recipe
from limbeck.recipe.place import guess_kind, guess_kinds, list_unread

RECIPE = 'name = "a"\nbase = "tiny"\n[[knowledge]]\nlocation = "docs"\n'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", "name,capital\nChad,x\n", "table"),
        ("a.csv", "question,answer\nWho?,me\n", "faq"),
        ("a.csv", '\ufeffid;"Question";"Answer"\n1;Who?;me\n', "faq"),
        ("a.csv", "问题,答案\n谁？,我\n", "faq"),
        ("a.tsv", "question_zh\tanswer_zh\n谁？\t我\n", "faq"),
        ("a.csv", "question,answers\nWho?,3\n", "table"),
        ("a.jsonl", '{"id": 1, "question": "Who?", "answer": "me"}\n', "faq"),
        ("a.jsonl", '{"name": "Chad"}\n', "table"),
        ("a.csv", "\ufeffsubject_en;subject_zh;property\n", "facts"),
        ("a.csv", "subject_en,subject\n", "table"),
        ("a.jsonl", '{"limbeck": "facts", "format": 1}\n', "facts"),
        ("export", "subject_en,subject_zh,property\n", "facts"),
        ("a.md", "# Title\n\nQ: Who?\nA: Me.\n", "faq"),
        ("a.md", "# Title\n\nWho?\n", "markdown"),
        ("a.MD", "text", "markdown"),
        ("a.txt", "%PDF is what this text is about", "text"),
        ("a.html", "text", "html"),
        ("a.nt", "x", "rdf"),
        ("a.sql", "SELECT 1", "sql"),
        ("page", "\n<!DOCTYPE html><p>x", "html"),
        ("page", '<?xml version="1.0"?>\n<html xmlns="x">', "html"),
        ("graph", "# comment\n@prefix a: <b> .\n", "rdf"),
        ("graph.dump", '<http://a.org/b> <http://a.org/c> "d" .\n', "rdf"),
        ("notes", "plain words", None),
        ("a.xyz", "name,capital\n", None),
        ("empty", "", None),
    ],
)
def test_a_file_is_known_by_ending_and_content(tmp_path: Path, name: str, content: str, kind: str | None) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert guess_kind(tmp_path / name) == kind


def test_chinese_columns_in_another_encoding_are_seen(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("问题,答案\n谁？,我\n".encode("gb18030"))
    (tmp_path / "b.csv").write_text("问题,答案\n谁？,我\n", encoding="utf-16")
    assert [guess_kind(tmp_path / name) for name in ("a.csv", "b.csv")] == ["faq", "faq"]


def test_documents_are_known_without_an_ending(tmp_path: Path) -> None:
    write_pdf(tmp_path / "report", [["Text."]])
    write_docx(tmp_path / "letter", paragraph("Text."))
    assert [guess_kind(tmp_path / name) for name in ("report", "letter")] == ["pdf", "docx"]


def test_a_folder_of_several_kinds_is_a_source_for_each(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("b.html", "a.md", "c.md", "d.zip", ".hidden"):
        (docs / name).write_text("text")
    assert guess_kinds(docs) == ("markdown", "html")
    assert [path.name for path in list_unread(docs)] == ["d.zip"]
    (tmp_path / "limbeck.toml").write_text(RECIPE)
    sources = load_recipe(tmp_path).knowledge
    assert [(source.kind, source.written) for source in sources] == [("markdown", "docs"), ("html", "docs")]


def test_a_folder_is_of_a_kind_of_shared_endings_where_every_such_file_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("subject_en,subject_zh,property\n")
    (tmp_path / "b.txt").write_text("text")
    assert guess_kinds(tmp_path) == ("facts", "text")
    (tmp_path / "c.jsonl").write_text('{"name": "Chad"}\n')
    assert guess_kinds(tmp_path) == ("table", "text")
    (tmp_path / "a.csv").write_text("question,answer\n")
    (tmp_path / "c.jsonl").write_text('{"question": "Who?", "answer": "me"}\n')
    assert guess_kinds(tmp_path) == ("faq", "text")
    (tmp_path / "d.md").write_text("# Title\n")
    assert guess_kinds(tmp_path) == ("table", "text", "markdown")


def test_an_option_for_a_folder_of_several_kinds_asks_which(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("a.md", "b.csv", "m.toml"):
        (tmp_path / "docs" / name).write_text("text")
    (tmp_path / "limbeck.toml").write_text(RECIPE + 'mapping = "docs/m.toml"\n')
    with pytest.raises(RecipeError, match="'docs' holds markdown and table, and mapping is of one kind"):
        load_recipe(tmp_path)
    (tmp_path / "limbeck.toml").write_text(RECIPE + 'kind = "table"\nmapping = "docs/m.toml"\n')
    assert [source.kind for source in load_recipe(tmp_path).knowledge] == ["table"]


def test_a_draft_takes_no_evaluation_questions_for_knowledge(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "Who?", "answers": ["me"]}\n')
    (tmp_path / "faq.jsonl").write_text('{"question": "Who?", "answer": "me"}\n')
    (tmp_path / "a.sql").write_text("SELECT 1")
    text = draft(tmp_path)
    assert 'location = "faq.jsonl"' in text and "questions.jsonl" not in text
    assert "a.sql" not in text, "it needs a database that no file tells"


def test_a_query_without_a_database_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT 1")
    (tmp_path / "limbeck.toml").write_text(RECIPE.replace("docs", "a.sql"))
    with pytest.raises(RecipeError, match="'sql' needs database or url"):
        load_recipe(tmp_path)
