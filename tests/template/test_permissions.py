"""What the roles grant, held against what the code declares and what IAM itself knows."""

import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from simulator.template import local_path
from tests.template.stack import SLACK, Statement, managed_policies, of_type, statements, target_of

# What Lambda does in a function's name: it logs, traces, and keeps what failed. SNS uses the topic's key in it too.
RUNTIME = frozenset(
    {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:SendMessage",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
POOL_TAG, EKS_NODE_GROUP = "ResourceTag/capacity-blocks:pool", "ResourceTag/eks:nodegroup-name"
CLEARING = frozenset({"autoscaling:ResumeProcesses", "autoscaling:SetInstanceProtection"})
STATEMENTS = tuple(statements("true", "subnet-a"))  # with every permission that the template can give
WITHOUT_PURCHASES = tuple(statements("false", "subnet-a"))
SPEAK_TO_NODES = {"CheckNodesRole", "DrainNodeRole", "WarnNodesRole"}
FUNCTIONS = of_type("AWS::Lambda::Function")
# What it takes to spend: the purchases of EC2, also those of other kinds that nothing here makes.
SPENDING = ("ec2:Purchase", "ec2:CreateCapacityReservation", "ec2:ModifyCapacityReservation", "savingsplans:")
# Whoever can do these can do what others can: none is granted, or to a named taker only.
BORROWING = ("iam:", "sts:", "lambda:Update", "lambda:Create", "lambda:Put", "lambda:Add", "cloudformation:", "ssm:Put")

each_statement = pytest.mark.parametrize("statement", STATEMENTS, ids=str)


@cache
def known(action: str) -> tuple[dict[str, Any], ...]:
    """Return what the Service Authorization Reference says of an action, one row for each type of resource."""
    service, name = action.split(":")
    data = get_action_data(service, name)
    assert data, f"IAM knows no action {action}"
    return tuple(data[service])


def granted(role: str, policy: str) -> frozenset[str]:
    return frozenset(a for s in STATEMENTS if s.role == role and s.policy == policy for a in s.actions)


def kind(arn: str) -> tuple[str, str]:
    """Return service and resource type of an ARN or of its pattern."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return service, resource.replace("/", ":").split(":")[0]


def keys(action: str, resource: str) -> frozenset[str]:
    """Return the condition keys that IAM fills in for an action on a resource, with tag keys left out."""
    rows: Iterator[dict[str, Any]] = iter(known(action))
    if resource.startswith("arn:"):
        rows = (row for row in rows if row["resource_arn_format"] != "*")
        rows = (row for row in rows if kind(row["resource_arn_format"]) == kind(resource))
    return frozenset(key.partition("${")[0] for row in rows for key in row["condition_keys"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_granted_what_its_adapters_declare_and_no_more(function: str) -> None:
    folder = local_path(FUNCTIONS[function]["Code"]).name
    root = importlib.import_module(f"capacity_blocks.bootstrap.{folder}")
    role = str(target_of(FUNCTIONS[function]["Role"]))
    read = (reader.READ_PERMISSIONS for reader in getattr(root, "READERS", ()))
    ends = (reader.END_PERMISSIONS for reader in getattr(root, "ENDS", ()))
    needed = frozenset().union(*map(declared, root.ADAPTERS), *read, *ends)

    assert granted(role, folder) | granted(role, "spend") == needed
    assert granted(role, "RuntimePolicy") == RUNTIME
    network = {"NetworkPolicy"} if role in SPEAK_TO_NODES else set()
    assert {s.policy for s in STATEMENTS if s.role == role} - {"spend"} == {folder, "RuntimePolicy"} | network


def declared(adapter: Any) -> frozenset[str]:
    """Return what an adapter calls, and what AWS asks of its caller besides."""
    own: frozenset[str] = adapter.PERMISSIONS
    return own | getattr(adapter, "DEPENDENT_PERMISSIONS", frozenset())


def test_no_two_functions_share_a_role() -> None:
    roles = [target_of(function["Role"]) for function in FUNCTIONS.values()]

    assert len(roles) == len(set(roles))


def test_a_role_has_no_policy_from_elsewhere_and_can_be_bounded() -> None:
    for role, properties in of_type("AWS::IAM::Role").items():
        assert set(managed_policies(properties, "subnet-a")) <= {"RuntimePolicy", "NetworkPolicy"}, role
        assert properties["PermissionsBoundary"] == {
            "Fn::If": ["IsBounded", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]
        }, role


@each_statement
def test_an_action_is_written_out_and_known_to_iam(statement: Statement) -> None:
    for action in statement.actions:
        assert "*" not in action
        assert known(action)


@each_statement
def test_any_resource_is_granted_only_where_iam_knows_no_resource_or_the_taker_is_named(statement: Statement) -> None:
    if "*" not in statement.resources or "iam:PassedToService" in statement.condition_keys:
        return
    for action in statement.actions:
        assert {row["resource_arn_format"] for row in known(action)} == {"*"}, action


@each_statement
def test_a_resource_is_of_a_type_that_the_action_works_on(statement: Statement) -> None:
    arns = {resource for resource in statement.resources if resource.startswith("arn:")}
    taken = {
        kind(row["resource_arn_format"])
        for action in statement.actions
        for row in known(action)
        if row["resource_arn_format"] != "*"
    }

    # The type of a quota's ARN is the service that it is for.
    assert {kind(arn) for arn in arns if (kind(arn)[0], "${ServiceCode}") not in taken} <= taken


@each_statement
def test_a_condition_is_one_that_iam_can_check(statement: Statement) -> None:
    for action in statement.actions:
        for resource in statement.resources:
            checked = keys(action, resource)
            for key in statement.condition_keys:
                prefix = key.partition("/")[0] + "/" if "/" in key else key
                assert prefix in checked, f"{action} on {resource}: {key}"


@each_statement
def test_groups_are_changed_only_where_they_carry_our_tag_or_eks_own(statement: Statement) -> None:
    for action in statement.actions:
        service = action.split(":")[0]
        if service in {"autoscaling", "eks"} and known(action)[0]["access_level"] in {"Write", "Tagging"}:
            # A node group's tags do not reach the group that EKS makes for it: there only its launches are freed.
            tags = {POOL_TAG} if action not in CLEARING else {POOL_TAG, EKS_NODE_GROUP}
            assert any(key.endswith(tuple(tags)) for key in statement.condition_keys), action


def test_roles_are_passed_to_a_named_service_only() -> None:
    passing = [s for s in STATEMENTS if "iam:PassRole" in s.actions]

    assert passing
    assert all("iam:PassedToService" in s.condition_keys for s in passing)


def test_a_launch_may_use_what_another_account_shares() -> None:
    role = of_type("AWS::IAM::Role")["ReconcileRole"]
    granted_to = [s for p in role["Policies"] for s in p["PolicyDocument"]["Statement"]]
    [launching] = [s for s in granted_to if s["Action"] == "ec2:RunInstances"]
    arns = {resource["Fn::Sub"] for resource in launching["Resource"]}

    assert {arn.rpartition(":")[2] for arn in arns if "${AWS::AccountId}" not in arn} == {
        "capacity-reservation/*",
        "image/*",
        "security-group/*",
        "snapshot/*",
        "subnet/*",
    }


def test_nothing_is_asked_of_a_vpc_that_nobody_named() -> None:
    without = tuple(statements("true"))

    assert set(map(str, STATEMENTS)) - set(map(str, without)) == {
        f"{role}-{sid}"
        for role in (*SPEAK_TO_NODES, "NetworkPolicy")
        for sid in ("MakeNetworkInterfaces", "ChangeNetworkInterfaces", "ObserveNetwork")
    }


@pytest.mark.parametrize("role", sorted(SPEAK_TO_NODES - {"CheckNodesRole"}))
def test_documents_of_a_pool_alone_are_run_and_on_instances_of_groups_alone(role: str) -> None:
    sending = [s for s in STATEMENTS if s.role == role and "ssm:SendCommand" in s.actions]

    assert [(kind(s.resources[0])[1], s.conditions) for s in sending] == [
        ("document", {"Null": {"aws:ResourceTag/capacity-blocks:pool": "false"}}),
        ("instance", {"Null": {"ssm:resourceTag/aws:autoscaling:groupName": "false"}}),
    ]


# --- money -----------------------------------------------------------------


def spenders(granted_to: Iterable[Statement]) -> set[tuple[str, str]]:
    return {(s.role, action) for s in granted_to for action in s.actions if action.startswith(SPENDING)}


def test_nobody_may_spend_unless_the_deployer_says_so() -> None:
    assert spenders(WITHOUT_PURCHASES) == set()


def test_two_roles_alone_may_spend_where_the_deployer_says_so() -> None:
    assert spenders(STATEMENTS) == {
        ("PurchaseBlockRole", "ec2:PurchaseCapacityBlock"),
        ("PurchaseExtensionRole", "ec2:PurchaseCapacityBlockExtension"),
    }
    assert target_of(FUNCTIONS["PurchaseBlockFunction"]["Role"]) == "PurchaseBlockRole"
    assert target_of(FUNCTIONS["PurchaseExtensionFunction"]["Role"]) == "PurchaseExtensionRole"


def test_enabling_purchases_grants_purchases_and_tags_and_nothing_else() -> None:
    gained = [s for s in STATEMENTS if s not in WITHOUT_PURCHASES]

    assert {(s.role, s.policy, s.actions) for s in gained} == {
        ("PurchaseBlockRole", "spend", ("ec2:PurchaseCapacityBlock",)),
        ("PurchaseBlockRole", "spend", ("ec2:CreateTags",)),
        ("PurchaseExtensionRole", "spend", ("ec2:PurchaseCapacityBlockExtension",)),
    }
    assert [s for s in WITHOUT_PURCHASES if s not in STATEMENTS] == []


def test_a_purchase_names_its_intent_and_stays_in_the_regions_that_are_looked_after() -> None:
    [purchase] = [s for s in STATEMENTS if "ec2:PurchaseCapacityBlock" in s.actions]
    [tags] = [s for s in STATEMENTS if s.role == "PurchaseBlockRole" and "ec2:CreateTags" in s.actions]
    named = {"aws:RequestTag/capacity-blocks:intent": "false"}  # "Null: false": only where the tag is

    assert purchase.conditions == {
        "Null": named,
        "StringEquals": {"ec2:Region": {"Fn::If": ["NamesRegions", {"Ref": "Regions"}, {"Ref": "AWS::Region"}]}},
    }
    assert tags.conditions == {"Null": named, "StringEquals": {"ec2:CreateAction": "PurchaseCapacityBlock"}}


def test_what_is_extended_carries_the_tag_of_a_pool_in_the_regions_that_are_looked_after() -> None:
    [extension] = [s for s in STATEMENTS if "ec2:PurchaseCapacityBlockExtension" in s.actions]

    assert extension.conditions == {
        "Null": {"aws:ResourceTag/capacity-blocks:pool": "false"},  # "Null: false": only where the tag is
        "StringEquals": {"ec2:Region": {"Fn::If": ["NamesRegions", {"Ref": "Regions"}, {"Ref": "AWS::Region"}]}},
    }
    assert kind(extension.resources[0]) == ("ec2", "capacity-reservation")


@each_statement
def test_no_role_can_take_on_what_another_may(statement: Statement) -> None:
    taken = [action for action in statement.actions if action.startswith(BORROWING)]

    assert taken in ([], ["iam:PassRole"])


def test_roles_that_are_passed_are_those_of_instances_and_of_schedules() -> None:
    passed = {resource for s in STATEMENTS if "iam:PassRole" in s.actions for resource in s.resources}

    assert passed == {"*", "one:ScheduleRole"}  # any, but to EC2 alone: the parameter InstanceRoleArns


@pytest.mark.parametrize(
    ("function", "role"),
    [
        ("PurchaseBlockFunction", "PurchaseIntentStateMachineRole"),
        ("PurchaseExtensionFunction", "ExtensionStateMachineRole"),
    ],
)
def test_only_its_workflow_runs_a_function_that_buys(function: str, role: str) -> None:
    runs = {s.role for s in STATEMENTS if "lambda:InvokeFunction" in s.actions for r in s.resources if function in r}
    [denial] = denials(function)

    assert runs == {role}
    assert denial["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": [role, "Arn"]}}}


def test_decisions_come_in_by_the_function_url_which_names_the_caller() -> None:
    [denial] = denials("DecidePurchaseFunction")
    [url] = [u for u in of_type("AWS::Lambda::Url").values() if u["AuthType"] == "AWS_IAM"]
    permitted = {
        target_of(p["FunctionName"]) for p in of_type("AWS::Lambda::Permission").values() if p["Principal"] != "*"
    }

    assert target_of(url["TargetFunctionArn"]) == "DecidePurchaseFunction"
    assert denial["Condition"] == {"BoolIfExists": {"lambda:InvokedViaFunctionUrl": "false"}}
    by_rules = {"ReconcileFunction", "CloseRequestFunction", "DrainNodeFunction"}
    assert permitted == by_rules | {"NotifySlackFunction", "NotifyAmazonQFunction"}  # the latter by the topic


def test_everybody_may_call_one_url_and_what_is_behind_it_can_only_check_and_hand_on() -> None:
    [url] = [u for u in of_type("AWS::Lambda::Url").values() if u["AuthType"] != "AWS_IAM"]
    public = [p for p in of_type("AWS::Lambda::Permission").values() if p["Principal"] == "*"]
    may = {(a, s.resources) for s in STATEMENTS if s.role == "ReceiveSlackRole" for a in s.actions if a not in RUNTIME}
    secret = (SLACK["SlackSigningSecretArn"],)

    assert target_of(url["TargetFunctionArn"]) == "ReceiveSlackFunction"
    assert {(target_of(p["FunctionName"]), p["Action"]) for p in public} == {
        ("ReceiveSlackFunction", "lambda:InvokeFunctionUrl"),
        ("ReceiveSlackFunction", "lambda:InvokeFunction"),
    }
    assert all(p.get("FunctionUrlAuthType") == "NONE" or p.get("InvokedViaFunctionUrl") for p in public)
    assert may == {
        ("secretsmanager:GetSecretValue", secret),
        ("ssm:GetParameter", secret),
        ("lambda:InvokeFunction", ("one:DecideInSlackFunction",)),
    }


def test_clicks_come_in_by_the_function_alone_that_knows_slacks_signature() -> None:
    [denial] = denials("DecideInSlackFunction")
    runs = {
        s.role
        for s in STATEMENTS
        if "lambda:InvokeFunction" in s.actions and "one:DecideInSlackFunction" in s.resources
    }

    assert runs == {"ReceiveSlackRole"}
    assert denial["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ReceiveSlackRole", "Arn"]}}}


def denials(function: str) -> list[dict[str, Any]]:
    """Return what a function's own policy says. It holds over whatever any other policy grants."""
    [policy] = [
        each for each in of_type("AWS::Lambda::ResourcePolicy").values() if target_of(each["ResourceArn"]) == function
    ]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    assert all((s["Effect"], s["Principal"], s["Action"]) == ("Deny", "*", "lambda:InvokeFunction") for s in found)
    assert all(target_of(statement["Resource"]) == function for statement in found)
    return found


def test_approvers_may_call_the_url_and_nothing_else() -> None:
    assert {(s.actions, s.resources) for s in STATEMENTS if s.role == "ApproverPolicy"} == {
        (("lambda:InvokeFunctionUrl",), ("one:DecidePurchaseFunction",)),
        (("lambda:InvokeFunction",), ("one:DecidePurchaseFunction",)),
    }
    assert {key for s in STATEMENTS if s.role == "ApproverPolicy" for key in s.condition_keys} == {
        "lambda:FunctionUrlAuthType",
        "lambda:InvokedViaFunctionUrl",
    }
