"""Whatever fails is kept, and whatever is kept is told."""

from typing import Any

import pytest

from tests.template.stack import deployed, of_type, statements, target_of

FUNCTIONS = of_type("AWS::Lambda::Function")
QUEUES = of_type("AWS::SQS::Queue")
ALARMS = of_type("AWS::CloudWatch::Alarm")
RULES = of_type("AWS::Events::Rule")
SCHEDULES = of_type("AWS::Scheduler::Schedule")


def alarms_on(namespace: str, metric: str, logical_id: str) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in ALARMS.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        and [target_of(dimension["Value"]) for dimension in alarm["Dimensions"]] == [logical_id]
    ]


@pytest.mark.parametrize("rule", RULES)
def test_an_event_that_cannot_be_delivered_is_kept(rule: str) -> None:
    for target in RULES[rule]["Targets"]:
        queue = target_of(target["DeadLetterConfig"]["Arn"])
        assert queue in QUEUES
        (allowed,) = [
            statement
            for policy in of_type("AWS::SQS::QueuePolicy").values()
            if [target_of(one) for one in policy["Queues"]] == [queue]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        assert allowed["Action"] == "sqs:SendMessage"
        assert rule in [target_of(arn) for arn in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_that_cannot_be_delivered_is_kept(schedule: str) -> None:
    target = SCHEDULES[schedule]["Target"]
    queue, role = target_of(target["DeadLetterConfig"]["Arn"]), target_of(target["RoleArn"])

    assert queue in QUEUES
    assert {
        (action, resource) for s in statements() if s.role == role for action in s.actions for resource in s.resources
    } == {("lambda:InvokeFunction", f"one:{target_of(target['Arn'])}"), ("sqs:SendMessage", f"one:{queue}")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_run_that_keeps_failing_is_kept(function: str) -> None:
    configs = of_type("AWS::Lambda::EventInvokeConfig").values()
    (config,) = [one for one in configs if target_of(one["FunctionName"]) == function]
    queue = target_of(config["DestinationConfig"]["OnFailure"]["Destination"])

    assert queue in QUEUES
    assert f"one:{queue}" in [
        resource
        for s in statements()
        if s.role == target_of(FUNCTIONS[function]["Role"]) and s.actions == ("sqs:SendMessage",)
        for resource in s.resources
    ]


@pytest.mark.parametrize("queue", QUEUES)
def test_what_is_kept_is_told(queue: str) -> None:
    (alarm,) = alarms_on("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


@pytest.mark.parametrize("queue", QUEUES)
def test_what_is_kept_is_kept_as_long_as_a_queue_can(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


@pytest.mark.parametrize("function", FUNCTIONS)
def test_errors_are_told(function: str) -> None:
    (alarm,) = alarms_on("AWS/Lambda", "Errors", function)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_silence_is_told(schedule: str) -> None:
    function = target_of(SCHEDULES[schedule]["Target"]["Arn"])
    assert function is not None
    (alarm,) = alarms_on("AWS/Lambda", "Invocations", function)

    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 5 * 60


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_reaches_the_topic_and_says_what_to_do(alarm: str) -> None:
    assert [target_of(action) for action in ALARMS[alarm]["AlarmActions"]] == ["Topic"]
    assert len(ALARMS[alarm]["AlarmDescription"]) > 80


def test_alarms_can_publish_to_the_encrypted_topic() -> None:
    (topic,) = of_type("AWS::SNS::Topic").values()
    key = of_type("AWS::KMS::Key")[str(target_of(topic["KmsMasterKeyId"]))]
    (policy,) = of_type("AWS::SNS::TopicPolicy").values()

    assert ("cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey*"]) in allowed_to(key["KeyPolicy"])
    assert ("cloudwatch.amazonaws.com", "sns:Publish") in allowed_to(policy["PolicyDocument"])


def allowed_to(policy: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the services that a resource policy names, with what they may do."""
    return [
        (service, statement["Action"])
        for statement in policy["Statement"]
        for service in statement["Principal"].get("Service", [])
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_are_kept_for_a_while_and_not_for_ever(function: str) -> None:
    group = target_of(FUNCTIONS[function]["LoggingConfig"]["LogGroup"])

    assert of_type("AWS::Logs::LogGroup")[str(group)]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_a_lost_stack_does_not_lose_the_ledger() -> None:
    ledger = deployed().resources["Ledger"]

    assert (ledger["DeletionPolicy"], ledger["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert ledger["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
