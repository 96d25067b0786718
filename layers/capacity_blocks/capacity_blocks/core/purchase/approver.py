"""Who may approve: the identities that a pool's settings list, each of which must be known and not just claimed."""

import re
from collections.abc import Sequence

_NAME = r"[\w+=,.@-]+"
_PARTITION_ACCOUNT = "arn:(aws[a-z-]*):{0}::([0-9]{{12}})"
# Roles of IAM Identity Center, which names the sessions itself. With any other role the caller chooses the name of the
# session (AssumeRole$RoleSessionName), so a session of it says which role approved and nothing of who.
_NAMED_BY_AWS = "AWSReservedSSO_"
USER = re.compile(rf"{_PARTITION_ACCOUNT.format('iam')}:(?:root|user/[!-~]+)", re.ASCII)
ROLE = re.compile(rf"{_PARTITION_ACCOUNT.format('iam')}:role/(?:[!-~]+/)?({_NAME})", re.ASCII)
SESSION = re.compile(rf"{_PARTITION_ACCOUNT.format('sts')}:assumed-role/({_NAME})/({_NAME})", re.ASCII)
SLACK = re.compile("slack:[A-Z0-9]{2,20}/[A-Z0-9]{2,20}", re.ASCII)
ALLOWED = (
    "ARNs of IAM users, of IAM roles and of sessions of IAM Identity Center, or slack:<team>/<user>; "
    "a list in the list holds the identities of one person"
)

# The identities of one person. A role alone stands for whoever can assume it, together one person, unless Identity
# Center names its sessions.
Approver = tuple[str, ...]


def is_identity(text: str) -> bool:
    """Whether it can be listed: something that the caller cannot choose."""
    session = SESSION.fullmatch(text)
    if session is not None:
        return session.group(3).startswith(_NAMED_BY_AWS)
    return any(pattern.fullmatch(text) for pattern in (USER, ROLE, SLACK))


def person(by: str, approvers: Sequence[Approver]) -> str | None:
    """Name the approver that `by` is, so that one person never counts as two; None for somebody who is not listed."""
    if (known := next((each for each in approvers if by in each), None)) is not None:
        return known[0]
    session = SESSION.fullmatch(by)
    if session is None:
        return None
    for approver in approvers:
        roles = (ROLE.fullmatch(identity) for identity in approver)
        if any(role is not None and role.groups() == session.group(1, 2, 3) for role in roles):
            is_named = session.group(3).startswith(_NAMED_BY_AWS) and len(approver) == 1
            return by if is_named else approver[0]
    return None
