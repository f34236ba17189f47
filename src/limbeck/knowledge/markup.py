"""HTML to headings and blocks of text: only what a reader would read, scripts and page furniture left out.

The content is the page's `main` or its only `article`; without either, the body. Nothing is run or fetched.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, final

from limbeck.knowledge.extra import extra
from limbeck.knowledge.outline import Block

_NEVER = frozenset(
    "script style template noscript iframe object embed svg canvas math audio video "
    "nav footer aside button select textarea input dialog".split()
)
_ROLES = ("navigation", "banner", "contentinfo", "search", "complementary", "dialog")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_HEADING = re.compile(r"h([1-6])")
_BLOCKS = frozenset(
    "address article blockquote caption dd details div dl dt fieldset figcaption figure form header hgroup li main "
    "ol p section summary table tbody td tfoot th thead tr ul".split()
)
_LAYOUT = "td table, td h1, td h2, td h3, td p + p, td ul, td div + div"
_DEEPEST = 200
_BREAK = "\x00"
"""Stands for `<br>` while a block is gathered; no text of a page holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The content of a page in reading order; `left_out` counts elements by reason."""

    title: str
    blocks: tuple[Block, ...]
    left_out: Counter[str]


def read_markup(html: str) -> Page:
    """Read a page, however broken its markup.

    Raises: MachineError: no selectolax.
    """
    with extra("sources", "HTML"):
        from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    content = _content(tree)
    walk = _Walk(Counter())
    walk.read(content)
    if beside := _beside(content):
        walk.left_out[f"outside of <{content.tag}>"] = beside
    title = tree.css_first("head > title")
    return Page(
        title=_title(walk.blocks, _flat(title.text()) if title else ""),
        blocks=tuple(walk.blocks),
        left_out=walk.left_out,
    )


def _content(tree: Any) -> Any:
    for query in ("main, [role=main]", "article"):
        found = tree.css(query)
        if len(found) == 1 and found[0].text(strip=True):
            return found[0]
    return tree.body or tree.root


def _beside(content: Any) -> int:
    """Count the elements with text beside the content and beside what it lies in."""
    beside = 0
    while content.tag not in ("body", "html") and content.parent is not None:
        others = (node for node in content.parent.iter() if node != content)
        beside += sum(1 for node in others if node.tag not in ("script", "style") and node.text(strip=True))
        content = content.parent
    return beside


def _title(blocks: list[Block], written: str) -> str:
    """Return the only top heading, or what the page is called in its head, where sites add their own name."""
    top = [block.text for block in blocks if block.level == 1]
    return top[0] if len(top) == 1 else written or (top[0] if top else "")


@final
class _Walk:
    """Collect blocks depth first; text gathers until a block begins or ends."""

    def __init__(self, left_out: Counter[str]) -> None:
        self.blocks: list[Block] = []
        self.left_out = left_out
        self._text: list[str] = []

    def read(self, node: Any, depth: int = 0) -> None:
        """Read all that is in an element."""
        self._children(node, depth)
        self._flush()

    def _children(self, node: Any, depth: int) -> None:
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                self._text.append(child.text_content or "")
            elif child.tag == "br":
                self._text.append(_BREAK)
            elif child.tag.startswith(("-", "!")):
                continue
            elif reason := _unread(child, depth):
                self.left_out[reason] += 1
            else:
                self._element(child, depth)

    def _element(self, node: Any, depth: int) -> None:
        heading = _HEADING.fullmatch(node.tag)
        if not (heading or node.tag in _BLOCKS or node.tag == "pre"):
            self._children(node, depth + 1)
            return
        self._flush()
        if node.tag == "table" and not node.css_first(_LAYOUT):
            self._table(node, depth)
        elif node.tag == "pre":
            self._children(node, depth + 1)
            self._flush(keeps_lines=True)
        else:
            self._children(node, depth + 1)
            self._flush(int(heading[1]) if heading else 0)

    def _flush(self, level: int = 0, *, keeps_lines: bool = False) -> None:
        """End the block that was gathered."""
        text = "".join(self._text)
        self._text.clear()
        if level:
            text = _flat(text)
        elif keeps_lines:
            text = text.replace(_BREAK, "\n")
        else:
            text = "\n".join(line for line in map(_flat, text.split(_BREAK)) if line)
        if text.strip():
            self.blocks.append(Block(text=text.strip("\n"), level=level))

    def _table(self, table: Any, depth: int) -> None:
        """Write each row as a line of its own, with the columns' names where the first row is a header."""
        rows = [[cell for cell in row.iter() if cell.tag in ("td", "th")] for row in table.css("tr")]
        header: list[str] = []
        for number, cells in enumerate(row for row in rows if row):
            texts = [self._cell(cell, depth) for cell in cells]
            if number == 0 and len(cells) > 1 and all(cell.tag == "th" for cell in cells):
                header = texts
            elif len(header) == len(texts):
                pairs = zip(header, texts, strict=True)
                self._text.append("; ".join(f"{name}: {text}" if name else text for name, text in pairs if text))
            else:
                self._text.append(" | ".join(text for text in texts if text))
            self._flush()

    def _cell(self, cell: Any, depth: int) -> str:
        inner = _Walk(self.left_out)
        inner.read(cell, depth + 3)
        return _flat(" ".join(block.text for block in inner.blocks))


def _unread(node: Any, depth: int) -> str:
    """Tell why an element is left out, or return an empty text."""
    if node.tag in _NEVER:
        return f"<{node.tag}>"
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return "hidden element"
    if _HIDDEN.search(attributes.get("style") or ""):
        return "hidden element"
    if attributes.get("role") in _ROLES:
        return f"role {attributes['role']}"
    return "nested too deeply" if depth > _DEEPEST else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
