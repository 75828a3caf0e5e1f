"""What a translation could not carry, said instead of kept quiet."""

from typing import Literal

from msgspec import Struct

from causeway.model.errors import UntranslatableError

LossKind = Literal["mapped", "approximated", "dropped", "unknown"]


class Loss(Struct, frozen=True):
    """One thing of the request that the answering model did not get as it was asked.

    `path` is where it stood in the request (`thinking`, `messages[2].content[0]`). `kind` says what
    became of it: `mapped` to something equal in meaning, `approximated`, `dropped`, or `unknown`, which
    is a field that the dialect does not have. What an answer had and the caller's dialect cannot say
    stands under `response`.
    """

    kind: LossKind
    path: str
    detail: str


class LossReport:
    """Collects the losses of one call. Bounded: past `LIMIT` it only counts.

    With `strict` the caller has forbidden losses; what is `mapped` is none.
    """

    LIMIT = 50

    def __init__(self, *, strict: bool = False) -> None:
        self.losses: list[Loss] = []
        self.uncounted = 0
        self.strict = strict

    def add(self, kind: LossKind, path: str, detail: str) -> None:
        """Record one loss."""
        if len(self.losses) < self.LIMIT:
            self.losses.append(Loss(kind, path, detail))
        else:
            self.uncounted += 1

    def branch(self) -> "LossReport":
        """Return a report of its own for one attempt, which begins with what is lost already."""
        branched = LossReport(strict=self.strict)
        branched.losses = self.losses.copy()
        branched.uncounted = self.uncounted
        return branched

    def refuse_if_strict(self) -> None:
        """Raise UntranslatableError, naming the field, where losses are forbidden and there is one."""
        if not self.strict:
            return
        for loss in self.losses:
            if loss.kind != "mapped":
                raise UntranslatableError(
                    f"{loss.path} cannot be carried to the model that would answer: {loss.detail}",
                    field=loss.path,
                )
