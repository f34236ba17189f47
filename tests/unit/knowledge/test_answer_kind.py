import pytest

from limbeck.knowledge.answer_kind import kinds_asked, tells

CASES = (
    ("When does the desk open?", "The desk is open from 8:30 to 16:00.", "The desk is in room 2."),
    ("退款多久到账？", "款项在12个工作日内退回。", "退款表格叫R-7。"),
    ("How much does a second bag cost?", "A second bag costs 45 euros.", "Bags are weighed."),
    ("补办要多少钱？", "补办需55欧元。", "请带照片。"),
    ("Where do we meet?", "Meet in hall B.", "Meet early."),
    ("在哪集合？", "请在5号柱集合。", "请准时集合。"),
    ("Whom do I call?", "Ring extension 4420.", "Tell the driver."),
    ("箱子最重多少公斤？", "每件不超过23公斤。", "箱子要上锁。"),
)


@pytest.mark.parametrize(("question", "told", "untold"), CASES)
def test_a_passage_with_the_kind_of_thing_asked_for_is_known(question: str, told: str, untold: str) -> None:
    kinds = kinds_asked(question)
    assert tells(told, kinds) and not tells(untold, kinds)


def test_a_question_for_nothing_countable_asks_for_no_kind() -> None:
    assert kinds_asked("Tell me about complaints.") == frozenset()
    assert not tells("Open from 8:30.", frozenset())
