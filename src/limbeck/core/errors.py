"""Every error a user can meet, each with what happened, where, and how to fix it.

    LimbeckError            exit 1   anything wrong with what the user gave
    ├── RecipeError         exit 1   limbeck.toml, all problems at once
    ├── SourceError         exit 1   a knowledge source that cannot be read
    ├── KnowledgeError      exit 1   a question to or an edit of the knowledge base
    ├── BundleError         exit 1   a bundle that is damaged, tampered with or not one
    ├── UsageError          exit 2   a wrong command line
    ├── GateError           exit 3   ran, but missed the budget or a quality gate
    │   └── Diverged        exit 3   a training whose loss is no number any more
    ├── MachineError        exit 4   this machine: disk full, read-only, a missing extra
    └── Interrupted         exit 130 stopped by the user, resumable
Anything else that escapes is our bug: exit 5.
"""

from collections.abc import Sequence


class LimbeckError(Exception):
    """Say what went wrong, where, and how to fix it.

    `problems` are complete errors of their own, where one stands for several.
    """

    exit_code = 1
    problems: "Sequence[LimbeckError]" = ()

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  at:  {self.where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class RecipeError(LimbeckError):
    """A recipe cannot be used; `what` lists every problem."""


class SourceError(LimbeckError):
    """A knowledge source cannot be read."""


class KnowledgeError(LimbeckError):
    """The knowledge base cannot answer or take this."""


class BundleError(LimbeckError):
    """A bundle is damaged, altered, or not a bundle."""


class UsageError(LimbeckError):
    """The command line is wrong."""

    exit_code = 2


class GateError(LimbeckError):
    """The work ran, and missed its budget or quality gate."""

    exit_code = 3


class Diverged(GateError):
    """A training left the numbers: its loss or gradient is infinite or none."""


class MachineError(LimbeckError):
    """This machine cannot do it: disk, permissions, a missing extra."""

    exit_code = 4


class Interrupted(LimbeckError):
    """The user stopped the run; it can be resumed."""

    exit_code = 130
