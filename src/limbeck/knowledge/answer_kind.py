"""What kind of thing a question asks for, and whether a passage has one: a time, a sum, a place, a number to call.

Passages of one page often share every word with a question; the one that holds the kind of thing
asked for is the likelier answer. Some kinds have no other answer: a question after the person in charge is
answered by no text that names nobody, however much it speaks of the place.
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
    "person in charge": (
        r"\bwho(?:'s| is| are| was)? (?:the |your |our )?"
        r"(?:in charge|responsible for|runs?|running|heads?|leads?|leading|manages?|managing)\b"
        r"|\bwho(?:'s| is) (?:the |your |our )?(?:director|manager|boss|chief)\b"
        r"|name of the (?:manager|director|head|person)"
        r"|负责人|(?:主管|主任|经理|[馆院园站处科]长|领导|老板)(?:是谁|叫|姓|是哪)|谁(?:主管|负责|管理|领导)",
        r"\b(?:officer|manager|director|head|chief|leader|supervisor|warden|mr|ms|mrs|dr)\b"
        r"|in charge|\b(?:run|led) by\b|负责|主管|主任|经理|[馆院园站处科]长|先生|女士",
    ),
    "written address": (
        r"(?:what|which)\b.{0,24}\b(?:e-?mail|web ?site|web ?page|homepage)|(?:e-?mail|web) address|\burl\b"
        r"|(?:邮箱|电子邮件|电邮|网站|官网)(?:地址)?(?:是|多少|叫|呢)|(?:什么|哪个)(?:邮箱|网站)|邮箱地址|网址|官网",
        r"@|e-?mail|\bweb|www|https?:|online|邮箱|邮件|网站|网址|网页|网上|在线",
    ),
    "room": (
        r"\b(?:which|what) (?:room|floor)\b|(?:room|floor) number|哪个房间|哪间|几楼|哪一?层|几层|房间号|几号房",
        r"\b(?:rooms?|floor|storey|basement|cellar|attic)\b|楼|室|层|房间|\d+号",
    ),
}
_ONLY = frozenset({"person in charge", "written address", "room"})
"""Kinds that nothing else stands for: no practice question after one has its answer in a passage without."""

_COMPILED = {
    kind: (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE)) for kind, (asked, told) in _KINDS.items()
}


def kinds_asked(question: str) -> frozenset[str]:
    """Return the kinds of thing a question asks for."""
    return frozenset(kind for kind, (asked, _) in _COMPILED.items() if asked.search(question))


def leaves_open(text: str, kinds: Collection[str]) -> bool:
    """Tell whether a text has nothing of what is asked for, where only that would be an answer."""
    return not _ONLY.isdisjoint(kinds) and not tells(text, kinds)


def tells(text: str, kinds: Collection[str]) -> bool:
    """Tell whether a text holds something of one of the kinds."""
    return any(_COMPILED[kind][1].search(text) for kind in kinds)
