"""What the services of audiences refuse. The docstring of a class is its message.

Problem
├── AudienceInvalid      400: an audience that does not say whom
└── Conflict
    ├── DuplicatePhone   409: the store has a contact with this phone
    ├── NameTaken        409: the store has a list or segment (there is a store) with this name
    ├── LastOwner        409: a store keeps at least one owner
    ├── AlreadyMember    409: the person is a member of the store
    ├── NotYours         409: a suppression that only staff lifts
    ├── SegmentInUse     409: scheduled campaigns are for the segment
    ├── FixedSegment     409: every store has it, as it is
    └── ImportEnded      409: an import that has ended cannot be cancelled
"""

from config.problems import Conflict, Problem


class AudienceInvalid(Problem):
    """The audience names something that does not exist here."""

    code = "AUDIENCE_INVALID"


class DuplicatePhone(Conflict):
    """The store has a contact with this phone number."""


class NameTaken(Conflict):
    """This name is taken."""


class LastOwner(Conflict):
    """A store keeps at least one owner."""


class AlreadyMember(Conflict):
    """This person is a member of the store already: change the role instead."""


class NotYours(Conflict):
    """Staff suppressed this phone: only staff lifts it."""


class SegmentInUse(Conflict):
    """Scheduled campaigns are for this segment: give them another audience, or unschedule them."""


class FixedSegment(Conflict):
    """Every store has this segment: it cannot be changed or deleted."""


class ImportEnded(Conflict):
    """This import has ended already."""

    code = "INVALID_STATUS"
