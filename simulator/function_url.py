"""Function URLs: the event that Lambda makes of an HTTP request, and the answer that it makes of a result."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from simulator.invocation import HandlerError

_SOURCE_IP = "192.0.2.10"  # of a network for documentation
_FORBIDDEN = {"Message": "Forbidden"}
# "Control access to Lambda function URLs", from October 2025: what a policy must permit to everybody, in so many words.
PUBLIC = frozenset(
    {("lambda:InvokeFunctionUrl", "FunctionUrlAuthType"), ("lambda:InvokeFunction", "InvokedViaFunctionUrl")}
)
# Assumed: what of a body Lambda takes for text, as users of function URLs have seen it. All else it writes in base64, a
# form too.
_TEXT = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionUrl:
    """AWS::Lambda::Url, of the function with that ARN."""

    function_arn: str
    url: str
    auth_type: str
    is_public: bool = False  # by the function's policy: without a signature it takes both of `PUBLIC`

    @property
    def domain(self) -> str:
        return self.url.removeprefix("https://").rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sends. `caller_arn` is who signed it, as sts:GetCallerIdentity would say; None: nobody did.

    A body of bytes or text is sent as it is, any other as JSON.
    """

    body: Any
    caller_arn: str | None = None
    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlAnswer:
    """What the client gets back; a JSON body is parsed."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


FORBIDDEN = UrlAnswer(status=403, body=_FORBIDDEN, headers={"content-type": "application/json"})


def url_for(region: str, name: str) -> str:
    """Make up the URL of a function, from a name that no other has."""
    return f"https://{hashlib.sha256(name.encode()).hexdigest()[:32]}.lambda-url.{region}.on.aws/"


def event(url: FunctionUrl, request: Request, request_id: str, now: datetime) -> dict[str, Any]:
    """Build the event: payload format 2.0, as "Invoking Lambda function URLs" shows it."""
    headers = {"content-type": "application/json", "host": url.domain, **request.headers}
    headers = {name.lower(): value for name, value in headers.items()}
    made = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _context(url, request, request_id, now),
        "isBase64Encoded": False,
    }
    if request.query:
        made["queryStringParameters"] = dict(parse_qsl(request.query))
    return made if request.body is None else {**made, **_body(request.body, headers["content-type"])}


def allows(url: FunctionUrl, request: Request) -> bool:
    """Whether Lambda lets a request in. Of IAM no more is asked than a signature: its policies are not played."""
    return request.caller_arn is not None if url.auth_type == "AWS_IAM" else url.is_public


def _body(body: Any, content_type: str) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    if content_type.startswith(_TEXT):
        return {"body": raw.decode(), "isBase64Encoded": False}
    return {"body": b64encode(raw).decode(), "isBase64Encoded": True}


def _context(url: FunctionUrl, request: Request, request_id: str, now: datetime) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": "anonymous",
        "apiId": url.domain.partition(".")[0],
        "domainName": url.domain,
        "domainPrefix": url.domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": _SOURCE_IP,
            "userAgent": "simulated",
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if url.auth_type == "AWS_IAM" and request.caller_arn is not None:
        identity = _identity(request.caller_arn)
        context |= {"accountId": identity["accountId"], "authorizer": {"iam": identity}}
    return context


def _identity(arn: str) -> dict[str, Any]:
    """Say who signed a request. The ids are made up, but the same for the same caller."""
    account = arn.split(":")[4]
    digest = hashlib.sha256(arn.encode()).hexdigest().upper()[:16]
    kind, *path = arn.split(":", 5)[5].split("/")
    assumed = kind == "assumed-role"
    unique = f"AROA{digest}:{path[-1]}" if assumed else f"AIDA{digest}"
    return {
        "accessKey": f"{'ASIA' if assumed else 'AKIA'}{digest}",
        "accountId": account,
        "callerId": unique,
        "cognitoIdentity": None,
        "principalOrgId": "o-simulated01",
        "userArn": arn,
        "userId": unique,
    }


def answer(result: Any) -> UrlAnswer:
    """Map a handler's result: one with a statusCode says the answer, any other is a JSON body of a 200."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return UrlAnswer(status=200, body=result, headers={"content-type": "application/json"})
    headers = {name.lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    headers.setdefault("content-type", "application/json")
    body = result.get("body")
    if isinstance(body, str) and headers["content-type"].startswith("application/json"):
        with suppress(ValueError):  # what is no JSON is handed over as it is
            body = json.loads(body)
    return UrlAnswer(status=int(result["statusCode"]), body=body, headers=headers)


def failure(error: HandlerError) -> UrlAnswer:
    """Answer for a run that failed: "Monitoring function URLs" counts 429 and 5xx; the client sees no detail."""
    throttled = error.error_type == "TooManyRequestsException"
    return UrlAnswer(status=429 if throttled else 502, body=None if throttled else "Internal Server Error")
