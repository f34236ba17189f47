"""What kind of thing a question asks for, and whether a passage has one: a time, a sum, a place, a number to call.

Passages of one page often share every word with a question; the one that holds the kind of thing
asked for is the likelier answer.
"""

import re
from collections.abc import Collection

_KINDS: dict[str, tuple[str, str]] = {
    "time": (
        r"\bwhen\b|what time|how (?:long|soon|early|late|quickly|many days)|by which|deadline|time limit|until"
        r"|几点|何时|什么时候|哪天|多久|多长时间|几天|期限|最晚|提前",
        r"\d{1,2}[:：]\d{2}|\b(?:day|week|month|hour|minute|year|noon|midnight)s?\b|天|周|个月|小时|分钟|点|日",
    ),
    "sum": (
        r"how much|cost|price|fee|charge|expensive|cheap|\bpay\b|多少钱|费用|价格|收费|几块|几折|赔多少|补多少|扣",
        r"\b(?:euro|cent|dollar|pound|percent)s?\b|[€$%]|元|欧分|折|免费|\bfree\b",
    ),
    "place": (
        r"\bwhere\b|which (?:room|floor|door|building)|哪里|哪儿|在哪|哪个房间|几楼",
        r"\b(?:room|floor|hall|desk|building|street|counter|door|entrance|pillar)\b|楼|室|层|柱|门口|柜台|号",
    ),
    "number to call": (
        r"phone|\bcall\b|\bring\b|\bdial\b|extension|whom|电话|分机|打给|号码|联系",
        r"extension|phone|\+\d{3,}|分机|电话|拨打",
    ),
    "weight": (r"\bweigh|heavy|kilo|重|公斤", r"\b(?:kg|kilo|gram)s?\b|公斤|千克"),
    "paper": (r"which form|what form|document|paper|哪张表|什么表|表格|材料|证件", r"\bform\b|表|证"),
}
_COMPILED = {
    kind: (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE)) for kind, (asked, told) in _KINDS.items()
}


def kinds_asked(question: str) -> frozenset[str]:
    """Return the kinds of thing a question asks for."""
    return frozenset(kind for kind, (asked, _) in _COMPILED.items() if asked.search(question))


def tells(text: str, kinds: Collection[str]) -> bool:
    """Tell whether a text holds something of one of the kinds."""
    return any(_COMPILED[kind][1].search(text) for kind in kinds)
