"""How each type of resource comes to life: by the calls of its own API that CloudFormation would make."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from simulator.function_url import url_for
from simulator.intrinsics import TemplateError
from simulator.stack import Create, Stack

Client = Callable[[str, str], Any]
Created = tuple[str, Mapping[str, Any]]
Properties = Mapping[str, Any]

# Declared, remembered and never acted on: what they do is outside of what is simulated.
RECORDED = (
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::ResourcePolicy",
    "AWS::Logs::MetricFilter",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::CloudFormation::WaitConditionHandle",
)


def creators(client: Client) -> dict[str, Create]:
    """Name the creators of all types that the simulator knows, but for those that are handled elsewhere."""
    made = Creators(client)
    return dict.fromkeys(RECORDED, recorded) | {
        "AWS::DynamoDB::Table": made.table,
        "AWS::Events::EventBus": made.bus,
        "AWS::Events::Rule": made.rule,
        "AWS::IAM::ManagedPolicy": made.managed_policy,
        "AWS::IAM::Role": made.role,
        "AWS::IAM::RolePolicy": made.role_policy,
        "AWS::KMS::Alias": made.alias,
        "AWS::KMS::Key": made.key,
        "AWS::Lambda::Function": made.function,
        "AWS::Lambda::Url": made.function_url,
        "AWS::Logs::LogGroup": made.log_group,
        "AWS::SNS::Subscription": made.subscription,
        "AWS::SNS::Topic": made.topic,
        "AWS::SQS::Queue": made.queue,
        "AWS::SSM::Parameter": made.parameter,
        "AWS::Scheduler::Schedule": made.schedule,
        "AWS::Scheduler::ScheduleGroup": made.schedule_group,
        "AWS::StepFunctions::StateMachine": made.state_machine,
    }


def recorded(stack: Stack, logical_id: str, properties: Properties) -> Created:
    name = properties.get("AlarmName") or stack.physical_name(logical_id)
    return name, {"Arn": f"arn:aws:cloudwatch:{stack.region}:{DEFAULT_ACCOUNT_ID}:alarm:{name}"}


class Creators:
    """One method for each type. Each answers what Ref and GetAtt say about it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def table(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        client = self._client("dynamodb", stack.region)
        name = properties.get("TableName") or stack.physical_name(logical_id)
        asked = _only(
            properties,
            "AttributeDefinitions",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "KeySchema",
            "ProvisionedThroughput",
            "DeletionProtectionEnabled",
        )
        table = client.create_table(TableName=name, **asked)["TableDescription"]
        if "TimeToLiveSpecification" in properties:
            ttl = {"AttributeName": None, **properties["TimeToLiveSpecification"]}
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        return name, {"Arn": table["TableArn"]}

    def queue(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        client = self._client("sqs", stack.region)
        name = properties.get("QueueName") or stack.physical_name(logical_id, 80)
        attributes = {
            key: json.dumps(value) if isinstance(value, dict) else _text(value)
            for key, value in properties.items()
            if key not in {"QueueName", "Tags"}
        }
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, {"Arn": arn, "QueueName": name, "QueueUrl": url}

    def topic(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        client = self._client("sns", stack.region)
        name = properties.get("TopicName") or stack.physical_name(logical_id)
        attributes = {key: _text(value) for key, value in _only(properties, "DisplayName", "KmsMasterKeyId").items()}
        arn = client.create_topic(Name=name, Attributes=attributes)["TopicArn"]
        for one in properties.get("Subscription", []):
            client.subscribe(TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        return arn, {"TopicArn": arn, "TopicName": name}

    def subscription(self, stack: Stack, _logical_id: str, properties: Properties) -> Created:
        client = self._client("sns", properties.get("Region", stack.region))
        attributes = {
            key: json.dumps(value) if isinstance(value, dict) else _text(value)
            for key, value in properties.items()
            if key not in {"TopicArn", "Protocol", "Endpoint", "Region"}
        }
        asked = _only(properties, "TopicArn", "Protocol", "Endpoint")
        arn = client.subscribe(**asked, Attributes=attributes, ReturnSubscriptionArn=True)["SubscriptionArn"]
        return arn, {"Arn": arn}

    def parameter(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        name = properties.get("Name") or stack.physical_name(logical_id)
        asked = _only(properties, "Type", "Value", "Description", "Tier")
        self._client("ssm", stack.region).put_parameter(Name=name, **asked)
        return name, {"Type": properties["Type"], "Value": properties["Value"]}

    def key(self, stack: Stack, _logical_id: str, properties: Properties) -> Created:
        asked = {"Policy": json.dumps(properties["KeyPolicy"])} if "KeyPolicy" in properties else {}
        key = self._client("kms", stack.region).create_key(**asked)["KeyMetadata"]
        return key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]}

    def alias(self, stack: Stack, _logical_id: str, properties: Properties) -> Created:
        name = properties["AliasName"]
        self._client("kms", stack.region).create_alias(AliasName=name, TargetKeyId=properties["TargetKeyId"])
        return name, {}

    def log_group(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        client = self._client("logs", stack.region)
        name = properties.get("LogGroupName") or stack.physical_name(logical_id)
        client.create_log_group(logGroupName=name)
        if "RetentionInDays" in properties:
            client.put_retention_policy(logGroupName=name, retentionInDays=int(properties["RetentionInDays"]))
        return name, {"Arn": f"arn:aws:logs:{stack.region}:{DEFAULT_ACCOUNT_ID}:log-group:{name}:*"}

    def role(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        client = self._client("iam", stack.region)
        name = properties.get("RoleName") or stack.physical_name(logical_id)
        trust = json.dumps(properties["AssumeRolePolicyDocument"])
        role = client.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Path=properties.get("Path", "/"))[
            "Role"
        ]
        for policy in properties.get("Policies", []):
            document = _policy(policy["PolicyDocument"])
            client.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
        return name, {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def role_policy(self, stack: Stack, _logical_id: str, properties: Properties) -> Created:
        document = _policy(properties["PolicyDocument"])
        asked = _only(properties, "RoleName", "PolicyName")
        self._client("iam", stack.region).put_role_policy(**asked, PolicyDocument=document)
        return properties["PolicyName"], {}

    def managed_policy(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        name = properties.get("ManagedPolicyName") or stack.physical_name(logical_id)
        document = _policy(properties["PolicyDocument"])
        arn = self._client("iam", stack.region).create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        return arn, {"PolicyArn": arn}

    def function(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        """Keep the function as a record that Lambda's API answers with. What runs is its code, in a sandbox."""
        name = properties.get("FunctionName") or stack.physical_name(logical_id)
        asked = _only(properties, "Description", "Handler", "Role", "Runtime", "Environment", "Architectures")
        created = self._client("lambda", stack.region).create_function(
            FunctionName=name,
            Code={"ZipFile": _NO_CODE},
            Timeout=int(properties.get("Timeout", 3)),
            MemorySize=int(properties.get("MemorySize", 128)),
            **asked,
        )
        return name, {"Arn": created["FunctionArn"]}

    def function_url(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        """Give a function its URL. What calls it is `World.call_url`."""
        arn = self._client("lambda", stack.region).get_function(FunctionName=properties["TargetFunctionArn"])
        function = arn["Configuration"]["FunctionArn"]
        return function, {
            "FunctionArn": function,
            "FunctionUrl": url_for(stack.region, stack.physical_name(logical_id)),
        }

    def bus(self, stack: Stack, _logical_id: str, properties: Properties) -> Created:
        arn = self._client("events", stack.region).create_event_bus(Name=properties["Name"])["EventBusArn"]
        return properties["Name"], {"Arn": arn, "Name": properties["Name"]}

    def rule(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        if "ScheduleExpression" in properties:
            raise TemplateError(f"{logical_id}: scheduled rules are not simulated: use AWS::Scheduler::Schedule")
        client = self._client("events", stack.region)
        name = properties.get("Name") or stack.physical_name(logical_id)
        bus = properties.get("EventBusName", "default")
        pattern = json.dumps(properties["EventPattern"])
        state = properties.get("State", "ENABLED")
        arn = client.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State=state)["RuleArn"]
        client.put_targets(Rule=name, EventBusName=bus, Targets=properties.get("Targets", []))
        return name, {"Arn": arn}

    def schedule(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        name = properties.get("Name") or stack.physical_name(logical_id)
        asked = {**properties, "Name": name}
        arn = self._client("scheduler", stack.region).create_schedule(**asked)["ScheduleArn"]
        return name, {"Arn": arn}

    def schedule_group(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        name = properties.get("Name") or stack.physical_name(logical_id)
        arn = self._client("scheduler", stack.region).create_schedule_group(Name=name)["ScheduleGroupArn"]
        return name, {"Arn": arn, "State": "ACTIVE"}

    def state_machine(self, stack: Stack, logical_id: str, properties: Properties) -> Created:
        name = properties.get("StateMachineName") or stack.physical_name(logical_id, 80)
        text = properties.get("DefinitionString") or json.dumps(properties["Definition"])
        for key, value in properties.get("DefinitionSubstitutions", {}).items():
            text = text.replace(f"${{{key}}}", _text(value))
        asked = {"type": properties["StateMachineType"]} if "StateMachineType" in properties else {}
        client = self._client("stepfunctions", stack.region)
        arn = client.create_state_machine(name=name, definition=text, roleArn=properties["RoleArn"], **asked)
        return arn["stateMachineArn"], {"Arn": arn["stateMachineArn"], "Name": name}


def _policy(document: Mapping[str, Any]) -> str:
    """Write a policy. IAM takes one without a version, as the SAM translator writes some; moto does not."""
    return json.dumps({"Version": "2012-10-17", **document})


def _only(properties: Properties, *names: str) -> dict[str, Any]:
    return {name: properties[name] for name in names if name in properties}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _no_code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "")
    return packed.getvalue()


_NO_CODE = _no_code()
