"""Launch templates as EC2 keeps them: versions inherit from a source, are made once per token, and can be deleted."""

from collections.abc import Mapping
from typing import Any

from moto.ec2.exceptions import (
    DryRunClientError,
    EC2ClientError,
    InvalidLaunchTemplateVersionNotFound,
    MissingParameterError,
)
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.responses import EC2Response
from moto.ec2.utils import convert_tag_spec, generic_filter, parse_user_data

from simulator.plug import plug

TOKENS = "launch_template_tokens"


def install() -> None:
    """Replace moto's versions, which inherit nothing and cannot be deleted. Harmless when done again."""
    LaunchTemplate.get_version = _version
    LaunchTemplate.create_version = _append
    LaunchTemplate.latest_version = lambda template: max(template.versions, key=lambda version: version.number)
    LaunchTemplate.default_version = lambda template: _version(template, template.default_version_number)
    calls = {
        "create_launch_template": create_template,
        "create_launch_template_version": create_version,
        "delete_launch_template_versions": delete_versions,
        "describe_launch_template_versions": describe_versions,
        "describe_launch_templates": describe_templates,
    }
    plug(EC2Response, lambda response: response.ec2_backend, calls)


def _version(template: Any, wanted: object) -> Any:
    """Find a version by number, `$Latest` or `$Default`; a deleted one is as if it had never been."""
    match str(wanted).lower():
        case "$latest":
            return template.latest_version()
        case "$default":
            number = str(template.default_version_number)
        case other:
            number = other
    for version in template.versions:
        if str(version.number) == number:
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=wanted)


def _append(template: Any, data: dict[str, Any], description: str | None) -> Any:
    """Number on from the highest number ever given: EC2 never gives a number twice."""
    template.last_number = getattr(template, "last_number", 0) + 1
    version = LaunchTemplateVersion(template, template.last_number, data, description)
    template.versions.append(version)
    return version


def find(backend: Any, params: Mapping[str, Any]) -> Any:
    """The template that a request names, by id or by name."""
    if template_id := params.get("LaunchTemplateId"):
        return backend.get_launch_template(template_id)
    if name := params.get("LaunchTemplateName"):
        return backend.get_launch_template_by_name(name)
    raise MissingParameterError("launch template ID or launch template name")


def create_template(backend: Any, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Make a template with version 1. Its own tags stay its own: moto would put them into the launch data."""
    _refuse_dry_run(params)
    tags = convert_tag_spec(params.get("TagSpecifications", []))
    name, description = params["LaunchTemplateName"], params.get("VersionDescription")
    template = backend.create_launch_template(name, description, _given(params), tags)
    return {"LaunchTemplate": _template_shown(template)}


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    data = dict(params.get("LaunchTemplateData", {}))
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    return data


def create_version(backend: Any, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Make a version on top of its source, member by member of the launch data (CreateLaunchTemplateVersion)."""
    _refuse_dry_run(params)
    template = find(backend, params)
    tokens: dict[tuple[str, str], tuple[Mapping[str, Any], int]] = backend.__dict__.setdefault(TOKENS, {})
    key = (template.id, params.get("ClientToken", ""))
    if key[1] and key in tokens:
        known, number = tokens[key]
        if known != dict(params):
            # "Ensuring idempotency in Amazon EC2 API requests"
            raise EC2ClientError("IdempotentParameterMismatch", "The request uses the same client token, but differs.")
        return {"LaunchTemplateVersion": shown(template, _version(template, number))}
    source = params.get("SourceVersion")
    inherited = dict(_version(template, source).data) if source else {}
    version = template.create_version({**inherited, **_given(params)}, params.get("VersionDescription"))
    if key[1]:
        tokens[key] = (dict(params), version.number)
    return {"LaunchTemplateVersion": shown(template, version)}


def delete_versions(backend: Any, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Delete what can be deleted and say of the rest why not (DeleteLaunchTemplateVersions)."""
    _refuse_dry_run(params)
    template = find(backend, params)
    deleted, kept = [], []
    for number in params["Versions"]:
        named = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(number)}
        if (error := _why_not_deleted(template, number)) is None:
            template.versions.remove(_version(template, number))
            deleted.append(named)
        else:
            kept.append({**named, "ResponseError": error})
    return {
        "SuccessfullyDeletedLaunchTemplateVersions": deleted,
        "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
    }


def _why_not_deleted(template: Any, number: str) -> dict[str, str] | None:
    if int(number) == template.default_version_number:
        # "You can't delete the default version"; that it comes as unexpectedError is assumed.
        return {"Code": "unexpectedError", "Message": f"version {number} is the default version of {template.id}"}
    if int(number) not in {version.number for version in template.versions}:
        return {"Code": "launchTemplateVersionDoesNotExist", "Message": f"{template.id} has no version {number}"}
    return None


def describe_versions(backend: Any, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Show versions by number, `$Latest` and `$Default`, or all, the newest first (the order is assumed)."""
    _refuse_dry_run(params)
    if params.get("Filters"):
        raise EC2ClientError("UnsupportedOperation", "the local AWS does not filter launch template versions")
    wanted = params.get("Versions", [])
    if not (params.get("LaunchTemplateId") or params.get("LaunchTemplateName")):
        if not wanted or not set(wanted) <= {"$Latest", "$Default"}:
            raise EC2ClientError("MissingParameter", "a template, or $Latest or $Default of all, must be named")
        pairs = [(template, one) for template in backend.launch_templates.values() for one in wanted]
        versions = [(template, _version(template, one)) for template, one in pairs]
    else:
        template = find(backend, params)
        least, most = int(params.get("MinVersion") or 0), int(params.get("MaxVersion") or 10**9)
        newest_first = sorted(template.versions, key=lambda version: version.number, reverse=True)
        in_range = [version for version in newest_first if least <= version.number <= most]
        versions = [(template, one) for one in ([_version(template, one) for one in wanted] if wanted else in_range)]
    page, token = _page(versions, params)
    return {"LaunchTemplateVersions": [shown(*pair) for pair in page], "NextToken": token}


def describe_templates(backend: Any, params: Mapping[str, Any]) -> Mapping[str, object]:
    """Show templates, in pages; an id or a name that is not there is an error, not an empty answer."""
    _refuse_dry_run(params)
    by_id = [backend.get_launch_template(one) for one in params.get("LaunchTemplateIds", [])]
    by_name = [backend.get_launch_template_by_name(one) for one in params.get("LaunchTemplateNames", [])]
    filters = {one["Name"]: one.get("Values", []) for one in params.get("Filters", [])}
    named = bool(by_id or by_name)
    templates = generic_filter(filters, by_id + by_name if named else list(backend.launch_templates.values()))
    page, token = _page(templates, params)
    return {"LaunchTemplates": [_template_shown(template) for template in page], "NextToken": token}


def _page(things: list[Any], params: Mapping[str, Any]) -> tuple[list[Any], str | None]:
    start = int(params.get("NextToken") or 0)
    end = start + int(params.get("MaxResults") or 200)  # 200 is the most that botocore's shape allows
    return things[start:end], str(end) if end < len(things) else None


def shown(template: Any, version: Any) -> dict[str, object]:
    """A version as the API shows it."""
    return {
        "CreateTime": version.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersion": version.number == template.default_version_number,
        "LaunchTemplateData": version.data,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionDescription": version.description,
        "VersionNumber": version.number,
    }


def _template_shown(template: Any) -> dict[str, object]:
    return {
        "CreateTime": template.create_time,
        "CreatedBy": f"arn:aws:iam::{template.ec2_backend.account_id}:root",
        "DefaultVersionNumber": template.default_version_number,
        "LatestVersionNumber": template.latest_version().number,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Tags": template.tags,
    }


def _refuse_dry_run(params: Mapping[str, Any]) -> None:
    if params.get("DryRun"):
        raise DryRunClientError
