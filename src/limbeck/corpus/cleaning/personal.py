"""Personal data in texts, each put out of sight behind its kind: addresses, telephone and other numbers.

What has check digits is only masked where they are right, so that an order number stays.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from limbeck.corpus.record import Record

Span = tuple[int, int]
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9-])"
)
_CHINESE_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![\d.-])[2-6]\d(?:[ -]?\d){11,17}(?![\d-])")
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)")
_REGIONS = ("CN", "US")
_CARD_DIGITS = range(13, 20)


def mask_records(records: Sequence[Record]) -> tuple[list[Record], Counter[str]]:
    """Mask every text of every record; also return how many of each kind were masked."""
    counted: Counter[str] = Counter()

    def masked(text: str) -> str:
        result, found = mask(text)
        counted.update(found)
        return result

    return [
        replace(
            record,
            text=masked(record.text),
            messages=tuple(replace(message, content=masked(message.content)) for message in record.messages),
        )
        for record in records
    ], counted


def mask(text: str) -> tuple[str, Counter[str]]:
    """Replace personal data by `[EMAIL]`, `[ID]`, `[CARD]`, `[PHONE]` or `[IP]`; also return how many of each."""
    counted: Counter[str] = Counter()
    for kind, find in _KINDS.items():
        spans = list(find(text))
        for start, stop in reversed(spans):
            text = f"{text[:start]}[{kind}]{text[stop:]}"
        if spans:
            counted[kind] += len(spans)
    return text, counted


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        yield from (found.span() for found in _EMAIL.finditer(text))


def _chinese_ids(text: str) -> Iterator[Span]:
    from stdnum.cn import ric

    yield from (found.span() for found in _CHINESE_ID.finditer(text) if ric.is_valid(found[0].upper()))


def _cards(text: str) -> Iterator[Span]:
    from stdnum import luhn

    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if len(digits) in _CARD_DIGITS and luhn.is_valid(digits):
            yield found.span()


def _phones(text: str) -> Iterator[Span]:
    """Find numbers as they are written in China and in the United States, and those with a country code."""
    from phonenumbers import PhoneNumberMatcher

    found = {(match.start, match.end) for region in _REGIONS for match in PhoneNumberMatcher(text, region)}
    taken = -1
    for start, stop in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= taken:
            yield start, stop
            taken = stop


def _addresses(text: str) -> Iterator[Span]:
    for found in _IP.finditer(text):
        try:
            ipaddress.ip_address(found[0])
        except ValueError:
            continue
        if len(found[0]) > 2:
            yield found.span()


_KINDS: dict[str, Callable[[str], Iterator[Span]]] = {
    "EMAIL": _emails,
    "ID": _chinese_ids,
    "CARD": _cards,
    "PHONE": _phones,
    "IP": _addresses,
}
