"""Why a campaign cannot do what was asked. The docstring is the message; nothing was changed."""

from typing import Any

from config.problems import Conflict, Problem


class NoRecipients(Problem):
    """Nobody in this audience may be texted."""

    code = "NO_RECIPIENTS"


class NoMessageText(Problem):
    """The message is empty."""

    code = "NO_MESSAGE_TEXT"


class InvalidStatus(Conflict):
    """The campaign's status does not allow this."""

    code = "INVALID_STATUS"


class AlreadySending(Conflict):
    """The campaign was already launched."""

    code = "ALREADY_SENDING"


class QuoteRequired(Conflict):
    """The audience is too large to be priced in passing: make a quote and present its id."""

    code = "QUOTE_REQUIRED"

    def __init__(self, *, largest: int) -> None:
        super().__init__(largest=largest)


class QuoteChanged(Conflict):
    """What the quote covers has changed since; look at the difference and quote again."""

    code = "QUOTE_CHANGED"

    def __init__(self, detail: str, *, difference: dict[str, Any]) -> None:
        super().__init__(detail, difference=difference)


class NothingToRetry(Conflict):
    """Nothing of this campaign failed in a way that was chosen to be tried again."""

    code = "CONFLICT"


class StoreStopped(Problem):
    """This store may not send at the moment."""

    code = "BILLING_HOLD"
    status = 403
