"""One way for all adapters of Kubernetes to call it, and to say that a call failed: `KubernetesError`."""

from collections.abc import Callable
from datetime import timedelta
from ssl import SSLError
from typing import Any, TypeVar

import httpx2
from lightkube import Client
from msgspec import MsgspecError

from capacity_blocks.kubernetes_ports import KubernetesError

T = TypeVar("T")
UNAUTHORIZED = 401


class KubernetesConnection:
    """A client that is opened when it is first needed, and once more when its token has run out."""

    def __init__(self, cluster: str, open_client: Callable[[str], Client]) -> None:
        self.cluster = cluster
        self._open = open_client
        self._client: Client | None = None

    def call(self, operation: str, do: Callable[[Client], T]) -> T:
        try:
            return self._call(operation, do)
        except KubernetesError as error:
            if error.status != UNAUTHORIZED:
                raise
        self.close()
        try:
            return self._call(operation, do)
        except KubernetesError as error:
            if error.status != UNAUTHORIZED:
                raise
            words = f"cluster {self.cluster} does not know our role: give it an access entry"
            raise KubernetesError(operation, words, status=UNAUTHORIZED, reason=error.reason) from error

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _call(self, operation: str, do: Callable[[Client], T]) -> T:
        try:
            if self._client is None:
                self._client = self._open(self.cluster)
            return do(self._client)
        except httpx2.HTTPStatusError as error:
            raise refusal(operation, error.response) from error
        except httpx2.HTTPError as error:  # too slow, cut off, or no connection
            raise KubernetesError(operation, f"{type(error).__name__}: {error}") from error
        # lightkube looks for a content type that may be missing; an authority may be none
        except (MsgspecError, ValueError, KeyError, SSLError) as error:
            raise KubernetesError(operation, f"an answer that makes no sense: {error!r}") from error


def refusal(operation: str, response: httpx2.Response) -> KubernetesError:
    """Read what the API says with a refusal: a Status object, or plain words of what stands before the API."""
    try:
        status: Any = response.json()
    except ValueError:
        status = None
    if not isinstance(status, dict):
        status = {"message": response.text.strip() or response.reason_phrase}
    details = status.get("details") or {}
    causes = tuple((each.get("reason", ""), each.get("message", "")) for each in details.get("causes") or ())
    return KubernetesError(
        operation,
        status.get("message") or response.reason_phrase,
        status=response.status_code,
        reason=status.get("reason") or "",
        causes=causes,
        retry_after=_seconds(response.headers.get("Retry-After") or details.get("retryAfterSeconds")),
    )


def _seconds(text: Any) -> timedelta | None:
    return timedelta(seconds=int(text)) if str(text).isdigit() else None
