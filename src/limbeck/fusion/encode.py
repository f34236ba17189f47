"""Turn reading lessons into token sequences through the one chat template."""

from pathlib import Path
from typing import final

from limbeck.core.errors import LimbeckError
from limbeck.fusion.lessons import ReadingLesson, row_ends
from limbeck.model.batches import Lesson
from limbeck.model.chat_template import load as load_template
from limbeck.model.text_tokenizer import load as load_tokenizer


@final
class LessonEncoder:
    """Encode for the model in a folder.

    Raises: LimbeckError: the folder has no chat template.
    """

    def __init__(self, model: Path) -> None:
        template = load_template(model)
        if template is None:
            raise LimbeckError("the checkpoint has no chat template", where=str(model), fix="run the model stage again")
        self._template = template
        self._tokenizer = load_tokenizer(model)

    def lesson(self, lesson: ReadingLesson) -> Lesson:
        """Return the tokens of prompt and answer, and where each row of the prompt ends."""
        asked = self._template.render([{"role": "user", "content": lesson.prompt}])
        start = asked.index(lesson.prompt)
        ends = [start + end for end in row_ends(lesson.prompt, len(lesson.matches))]
        prompt, offsets = self._tokenizer.encode_with_offsets(asked)
        by_end = {end: position for position, (_, end) in enumerate(offsets)}
        answer = self._tokenizer.encode(lesson.answer)
        return Lesson(
            tokens=(*prompt, *answer, self._tokenizer.stop_ids[0]),
            answer_start=len(prompt),
            row_positions=tuple(by_end[end] for end in ends),
            row_matches=lesson.matches,
        )
