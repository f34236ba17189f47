"""Bytes of a text file to characters, whatever the encoding; binary data is refused."""

import codecs
import re
from dataclasses import dataclass

_ENCODINGS = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1251", "iso8859_2"]
_UTF32 = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SOUND_PER_BROKEN = 9
BROKEN = "\ufffd"
"""Stands for bytes that are no character of the file's encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The characters of a file (byte order mark gone, line ends as they are) and its encoding by name."""

    characters: str
    encoding: str


def decode(data: bytes) -> Decoded | None:
    """Decode UTF-8, UTF-16 or UTF-32 with a mark, or the encoding it looks like; None where it is not text.

    A file that is UTF-8 but for a few damaged bytes stays UTF-8, with `BROKEN` in their place.
    """
    for mark, encoding in (*_UTF32, *_UTF16):
        if data.startswith(mark):
            return _strict(data, encoding)
    if looks_binary(data):
        return None
    return _strict(data, "utf-8-sig") or _damaged_utf8(data) or _guess(data)


def looks_binary(data: bytes) -> bool:
    """Tell whether NULs or many control bytes stand where text has none (a few are tolerated)."""
    head = data[:65536]
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\x0c")
    return head.count(0) > len(head) // 200 + 2 or controls > len(head) // 20 + 8


def _strict(data: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(characters=data.decode(encoding), encoding=encoding.removesuffix("-sig"))
    except UnicodeDecodeError:
        return None


def _damaged_utf8(data: bytes) -> Decoded | None:
    # In GB18030 or Latin-1 text, bytes that happen to be whole UTF-8 characters are rare.
    characters = data.decode("utf-8-sig", errors="replace")
    sound = len(_MULTIBYTE.findall(data))
    if sound <= _SOUND_PER_BROKEN * characters.count(BROKEN):
        return None
    return Decoded(characters=characters, encoding="utf-8")


def _guess(data: bytes) -> Decoded | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_ENCODINGS).best()
    return None if best is None else Decoded(characters=data.decode(best.encoding), encoding=best.encoding)
