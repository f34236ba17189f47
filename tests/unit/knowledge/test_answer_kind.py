import pytest

from limbeck.knowledge.answer_kind import kinds_asked, leaves_open, tells

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
ONLY = (
    ("Who is in charge of the archive?", "The archive is led by Ms Okafor.", "The archive is in room 12."),
    ("who runs the pool", "Ask the pool manager.", "The pool is open from 6:00."),
    ("档案馆的负责人是谁？", "档案馆由周女士负责。", "档案馆在12号房间。"),
    ("What is your e-mail address?", "Write to desk@example.org.", "Write within 28 days."),
    ("食堂的邮箱是什么", "请写邮件给食堂。", "请拨打分机8810。"),
    ("Which room is the library in?", "The library is in room 7.", "The library closes at 8."),
    ("图书馆在几楼？", "图书馆在三楼。", "图书馆星期一休息。"),
)


@pytest.mark.parametrize(("question", "told", "untold"), CASES)
def test_a_passage_with_the_kind_of_thing_asked_for_is_known(question: str, told: str, untold: str) -> None:
    kinds = kinds_asked(question)
    assert tells(told, kinds) and not tells(untold, kinds)


def test_a_question_for_nothing_countable_asks_for_no_kind() -> None:
    assert kinds_asked("Tell me about complaints.") == frozenset()
    assert not tells("Open from 8:30.", frozenset())


@pytest.mark.parametrize(("question", "told", "untold"), ONLY)
def test_where_nothing_else_is_an_answer_a_text_without_it_leaves_the_question_open(
    question: str, told: str, untold: str
) -> None:
    kinds = kinds_asked(question)
    assert leaves_open(untold, kinds) and not leaves_open(told, kinds)


@pytest.mark.parametrize(
    "question", [*(question for question, *_ in CASES if "meet" in question), "Who may come?", "费用"]
)
def test_other_questions_may_be_answered_in_other_ways(question: str) -> None:
    assert not leaves_open("By bus.", kinds_asked(question))


def test_a_second_thing_that_is_asked_for_may_be_the_answer() -> None:
    assert not leaves_open("Ring extension 4420.", kinds_asked("Who runs the desk, and on which extension?"))
