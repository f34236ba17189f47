"""Words that carry no content in a question, English and Chinese."""

ENGLISH = frozenset(
    """a about again also am an and any are as at be been being but by can could did do does for from give had has have
    he her here him his how i if in into is it its just know let like list may me mean might much many more my name
    need now of off oh ok okay on one or our out over please s say shall she should show so some t tell than thank
    thanks that the their them then there these they this those to too under up us want was way we well were what
    when where which who whom whose why will with would yes you your""".split()
)

CHINESE = frozenset(
    """的 了 吗 呢 吧 啊 呀 嘛 哦 嗯 么 是 在 和 与 及 或 也 还 我 你 您 他 她 它 们 这 那 哪 谁 有 请 呗 啦 又
    什么 多少 哪个 哪些 哪里 哪儿 哪座 哪种 怎么 怎样 怎么样 如何 是否 请问 可以 能否 告诉 告诉我 我想知道 想知道
    为什么 几个 以及 还有 还是 那么 关于 这个 那个 这些 那些 它的 他的 我们 你们 他们 知道 一下 是不是 有没有
    叫什么 是什么 呢吗 属于 换成 至于 那边 能不能 好的 谢谢
    要 去 几 最 想 给 把 被 就 很 该 再 应该 需要 多久 多长 多长时间 多大 几点 几天
    多少钱 什么时候 何时 哪天 怎么办 该怎么办 打算 大概 一般 到底 麻烦 想问 想问一下 如果
    一样 同样 同一种 也是 也一样 又在 啥 叫啥 怎么叫 顺便 问下 再查 查一下 再查一下 那里 当地 具体 具体在""".split()
)

LONGEST_CHINESE = max(map(len, CHINESE))
