"""Invented names and values, so that nothing can be learnt by heart: English and Chinese, deterministic for a seed."""

import random
from collections.abc import Callable

_STARTS = "b br c ch cl d dr f fl g gr h j k kl l m n p pr qu r s sh sk st t th tr v w y z".split()
_MIDDLES = "a e i o u ai ea ie oa ou ei ia".split()
_ENDS = ["", "", "", "n", "r", "l", "s", "th", "nd", "rt", "m", "x", "ck", "st", "v"]
_HAN = (
    "阿艾安奥巴白贝本比博布查达丹德迪东杜恩尔法菲福盖戈古哈海赫华霍基加金卡凯康科克库拉莱兰勒雷里利林卢鲁罗洛马曼梅米莫"
    "穆娜南尼诺帕佩皮普奇乔瑞萨塞沙史斯苏索塔泰坦特提图托瓦威维沃乌西希夏谢辛雅亚伊因尤约云泽扎宁青远山河清晨星月明"
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢"
_GIVEN = "明华丽强芳军敏静磊洋勇艳杰娟涛超霞平刚桂英文玉兰婷雪梅鑫宇浩晨欣怡佳子涵思雨嘉"
_WORDS = (
    ("red", "红色"), ("blue", "蓝色"), ("green", "绿色"), ("oak", "橡木"), ("steel", "钢"), ("cotton", "棉"),
    ("monthly", "每月"), ("weekly", "每周"), ("open", "开放"), ("closed", "关闭"), ("high", "高"), ("low", "低"),
    ("north", "北部"), ("south", "南部"), ("standard", "标准"), ("premium", "高级"), ("rice", "大米"), ("fish", "鱼"),
    ("gold", "金"), ("silver", "银"), ("spring", "春季"), ("winter", "冬季"), ("online", "线上"), ("paper", "纸"),
)  # fmt: skip
_UNITS = (("km", "公里"), ("kg", "公斤"), ("metres", "米"), ("litres", "升"), ("kW", "千瓦"), ("square km", "平方公里"))
_TIMES = (("days", "天"), ("hours", "小时"), ("years", "年"), ("minutes", "分钟"), ("months", "个月"))

Names = tuple[str, str]


class Inventor:
    """Make up names and values."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._makers: dict[str, Callable[[], Names]] = {
            "person": self.person,
            "place": self.name,
            "name": self.name,
            "number": self._number,
            "money": lambda: self._amount((("euros", "欧元"), ("dollars", "美元"), ("yuan", "元"))),
            "date": self._date,
            "duration": lambda: self._amount(_TIMES),
            "measure": lambda: self._amount(_UNITS),
            "code": self._code,
            "word": lambda: rng.choice(_WORDS),
            "list": self._list,
            "yesno": lambda: rng.choice((("yes", "是"), ("no", "否"))),
            "text": self._list,
        }

    def name(self) -> Names:
        """Return a name of one or two words, unlike in the two languages."""
        rng = self._rng
        word = "".join(
            rng.choice(_STARTS) + rng.choice(_MIDDLES) + (rng.choice(_ENDS) if rng.random() < 0.5 else "")
            for _ in range(rng.choice((2, 2, 3)))
        ).capitalize()
        if rng.random() < 0.2:
            word = f"{word} {rng.choice(_STARTS).capitalize()}{rng.choice(_MIDDLES)}{rng.choice(_ENDS)}"
        return word, "".join(rng.choice(_HAN) for _ in range(rng.choice((2, 3, 3, 4))))

    def person(self) -> Names:
        """Return a first and a last name."""
        chinese = self._rng.choice(_SURNAMES) + "".join(
            self._rng.choice(_GIVEN) for _ in range(self._rng.choice((1, 2)))
        )
        return f"{self.name()[0].split()[0]} {self.name()[0].split()[0]}", chinese

    def subject(self, kind: Names) -> Names:
        """Return a name for a subject, now and then with its kind in it."""
        en, zh = self.name()
        if self._rng.random() < 0.2:
            return f"{en} {kind[0].capitalize()}", f"{zh}{kind[1]}"
        return en, zh

    def value(self, kind: str) -> Names:
        """Return a value of one of the bank's kinds."""
        return self._makers[kind]()

    def _number(self) -> Names:
        number = str(self._rng.choice((self._rng.randrange(1, 100), self._rng.randrange(1500, 90_000))))
        return number, number

    def _amount(self, units: tuple[Names, ...]) -> Names:
        number, (en, zh) = self._number()[0], self._rng.choice(units)
        return f"{number} {en}", f"{number}{zh}"

    def _date(self) -> Names:
        day, month, year = self._rng.randrange(1, 29), self._rng.randrange(1, 13), self._rng.randrange(1900, 2030)
        return f"{day}/{month}/{year}", f"{year}年{month}月{day}日"

    def _code(self) -> Names:
        code = "".join(self._rng.choices("ABCDEFGHKLMNPRSTUVW", k=2)) + f"-{self._rng.randrange(100, 9999)}"
        return code, code

    def _list(self) -> Names:
        words = self._rng.sample(_WORDS, self._rng.choice((2, 3)))
        return ", ".join(en for en, _ in words), "、".join(zh for _, zh in words)
