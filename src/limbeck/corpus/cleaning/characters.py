"""One form for characters: composed, line ends alike, nothing invisible; broken ones are told."""

import unicodedata
from dataclasses import replace

from limbeck.corpus.decode import BROKEN
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import Unusable

_KEPT = "\n\t\u200c\u200d"
_DROPPED_CATEGORIES = ("Cc", "Cf", "Cs", "Cn")
# What a broken character became when it was read as GBK once more, and what unset memory looks like.
_TELLTALES = (BROKEN, "锟斤拷", "烫烫烫", "屯屯屯")


def clean_text(text: str) -> str:
    """Compose (NFC), use one kind of line end, drop control and invisible characters and the space around.

    The joiners that emoji and Indic scripts need stay.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not plain.isprintable():
        plain = "".join(character for character in plain if character in _KEPT or _is_visible(character))
    return plain.strip("\n").rstrip()


def clean_record(record: Record) -> Record:
    """Bring every text of a record into the one form.

    Raises: Unusable: characters were lost in an earlier encoding, or nothing is left.
    """
    for text in (record.text, *(message.content for message in record.messages)):
        found = next((mark for mark in _TELLTALES if mark in text), None)
        if found is not None:
            fix = "save the file as UTF-8 from its source; the characters cannot be brought back"
            raise Unusable("broken characters", f"{found!r} stands where characters were lost", fix=fix)
    cleaned = replace(
        record,
        text=clean_text(record.text),
        messages=tuple(replace(message, content=clean_text(message.content)) for message in record.messages),
    )
    for text in (cleaned.text,) if record.kind == "text" else [message.content for message in cleaned.messages]:
        if not text.strip():
            raise Unusable("empty text", "nothing is left without control characters", fix="take it out")
    return cleaned


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _DROPPED_CATEGORIES
