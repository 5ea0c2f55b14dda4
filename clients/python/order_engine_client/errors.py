"""What can go wrong between a program and the engine, by what the program can do about it."""

from __future__ import annotations

from typing import List, Optional

from .wire import FieldError, Problem, StatusName


class EngineError(Exception):
    """Every error that this package makes, but for a `TypeError` where it is called wrongly."""


class Unreachable(EngineError):
    """No answer came. Of a submission that means nothing: `InDoubt` is raised there."""

    def __init__(self, message: str, may_have_arrived: bool) -> None:
        super().__init__(message)
        # Whether the request may have reached an engine.
        self.may_have_arrived = may_have_arrived


class UnexpectedAnswer(EngineError):
    """Something answers, but not like an engine: a proxy, or another service."""

    def __init__(self, message: str, status: Optional[int] = None, retry_after: Optional[float] = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Refused(EngineError):
    """The engine refuses the call. `code` says why, `advice` what to do about it, and the message both in words.

    There is a class for each code in `order_engine_client.refusals`. A newer engine may know codes that this
    package does not: those are plain `Refused`, with their `code`.
    """

    # Why, for programs. Stable.
    code: str = ""
    # What to do about it.
    advice: Optional[str] = None

    def __init__(self, problem: Problem, retry_after: Optional[float] = None) -> None:
        self.code = problem["code"]
        super().__init__(_explain(problem, self.advice))
        # The whole answer.
        self.problem = problem
        self.status: int = problem["status"]
        # The fields that are wrong, and how.
        self.fields: List[FieldError] = problem.get("errors", [])
        # The order that the refusal is about, and how far it is.
        self.order_id: Optional[str] = problem.get("orderId")
        self.order_status: Optional[StatusName] = problem.get("orderStatus")
        # How many seconds the engine asks to wait.
        self.retry_after = retry_after


class InDoubt(EngineError):
    """An order may have been made, or may still be, and no answer says which.

    Submit the same order again under the same `clientOrderId`: that makes no second one, and tells what became of
    the first. That the order cannot be found proves nothing yet.
    """

    def __init__(self, client_order_id: str, heard: Exception) -> None:
        super().__init__(
            f"the order may have been made ({heard}); to find out without making a second one,"
            f" submit it again with the clientOrderId {client_order_id!r}"
        )
        # The order's name.
        self.client_order_id = client_order_id


class Closed(EngineError):
    """The engine closed a stream for good."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the engine closed the stream with {code}: {reason}")
        # The WebSocket's close code.
        self.code = code


def _explain(problem: Problem, advice: Optional[str]) -> str:
    detail = problem["detail"]
    fields = [error for error in problem.get("errors", []) if error["message"] not in detail]
    parts = [detail, *(f"{error['field']}: {error['message']}" for error in fields)]
    return f"{'; '.join(parts)} ({problem['code']})" + (f": {advice}" if advice else "")
