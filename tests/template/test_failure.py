"""Whatever fails is kept, and whatever is kept is told."""

from datetime import timedelta
from typing import Any

import pytest

from capacity_blocks.telling.mailbag import UNREADABLE_AGAIN
from capacity_blocks.telling.postman import PAUSE, REFUSED_AGAIN, SET_ASIDE
from tests.template.stack import deployed, of_type, statements, target_of

FUNCTIONS = of_type("AWS::Lambda::Function")
QUEUES = of_type("AWS::SQS::Queue")
DEAD = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" not in queue}
ALARMS = of_type("AWS::CloudWatch::Alarm")
RULES = of_type("AWS::Events::Rule")
SCHEDULES = of_type("AWS::Scheduler::Schedule")
MACHINES = of_type("AWS::StepFunctions::StateMachine")


def alarms_on(namespace: str, metric: str, logical_id: str) -> list[dict[str, Any]]:
    """Return the alarms on a metric of a resource, by itself or in a sum."""
    return [alarm for alarm in ALARMS.values() if (namespace, metric, [logical_id]) in metrics(alarm)]


def metrics(alarm: dict[str, Any]) -> list[tuple[str, str, list[str | None]]]:
    listed = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each] or [alarm]
    return [
        (each["Namespace"], each["MetricName"], [target_of(dimension["Value"]) for dimension in each["Dimensions"]])
        for each in listed
    ]


@pytest.mark.parametrize("rule", RULES)
def test_an_event_that_cannot_be_delivered_is_kept(rule: str) -> None:
    for target in RULES[rule]["Targets"]:
        queue = target_of(target["DeadLetterConfig"]["Arn"])
        assert queue in DEAD
        (allowed,) = [
            statement
            for policy in of_type("AWS::SQS::QueuePolicy").values()
            if [target_of(one) for one in policy["Queues"]] == [queue]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Principal"] == {"Service": "events.amazonaws.com"}
        ]
        assert allowed["Action"] == "sqs:SendMessage"
        assert rule in [target_of(arn) for arn in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_that_cannot_be_delivered_is_kept(schedule: str) -> None:
    queue, role = target_of(SCHEDULES[schedule]["Target"]["DeadLetterConfig"]["Arn"]), role_of(schedule)
    targets = {target_of(each["Target"]["Arn"]) for name, each in SCHEDULES.items() if role_of(name) == role}

    assert queue in DEAD
    assert {
        (action, resource) for s in statements() if s.role == role for action in s.actions for resource in s.resources
    } == {("lambda:InvokeFunction", f"one:{target}") for target in targets} | {("sqs:SendMessage", f"one:{queue}")}


def role_of(schedule: str) -> str | None:
    return target_of(SCHEDULES[schedule]["Target"]["RoleArn"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_run_that_keeps_failing_is_kept(function: str) -> None:
    configs = of_type("AWS::Lambda::EventInvokeConfig").values()
    (config,) = [one for one in configs if target_of(one["FunctionName"]) == function]
    queue = target_of(config["DestinationConfig"]["OnFailure"]["Destination"])

    assert queue in DEAD
    assert f"one:{queue}" in [
        resource
        for s in statements()
        if s.role == target_of(FUNCTIONS[function]["Role"]) and s.actions == ("sqs:SendMessage",)
        for resource in s.resources
    ]


@pytest.mark.parametrize("queue", DEAD)
def test_what_is_kept_is_told(queue: str) -> None:
    (alarm,) = alarms_on("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


@pytest.mark.parametrize("queue", QUEUES)
def test_what_is_kept_is_kept_as_long_as_a_queue_can(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_what_waits_for_slack_is_kept_until_it_is_told_or_put_aside() -> None:
    queue, function = QUEUES["SlackQueue"], FUNCTIONS["NotifySlackFunction"]
    (alarm,) = alarms_on("AWS/SQS", "ApproximateAgeOfOldestMessage", "SlackQueue")

    assert target_of(queue["RedrivePolicy"]["deadLetterTargetArn"]) in DEAD
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 1000  # SQS allows no more; a run begins once a minute at most
    assert queue["VisibilityTimeout"] > function["Timeout"]  # a run that still posts is handed nothing out twice
    assert alarm["Threshold"] == 15 * 60


@pytest.mark.parametrize("again", [UNREADABLE_AGAIN, REFUSED_AGAIN, SET_ASIDE, PAUSE])
def test_what_nobody_takes_is_put_aside_while_there_is_time_to_look_at_it(again: timedelta) -> None:
    queue = QUEUES["SlackQueue"]
    put_aside_after = queue["RedrivePolicy"]["maxReceiveCount"] * max(again, timedelta(minutes=1))

    assert put_aside_after <= timedelta(seconds=queue["MessageRetentionPeriod"]) / 2


def test_what_the_topic_cannot_put_into_the_queue_is_kept() -> None:
    queue = target_of(of_type("AWS::SNS::Subscription")["SlackSubscription"]["RedrivePolicy"]["deadLetterTargetArn"])
    [allowed] = [
        statement
        for policy in of_type("AWS::SQS::QueuePolicy").values()
        if [target_of(one) for one in policy["Queues"]] == [queue]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "sns.amazonaws.com"}
    ]

    assert queue in DEAD
    assert (allowed["Action"], target_of(allowed["Resource"])) == ("sqs:SendMessage", queue)
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}


def test_the_topic_alone_fills_the_queue_for_slack_and_calls_what_empties_it() -> None:
    [allowed] = of_type("AWS::SQS::QueuePolicy")["SlackQueuePolicy"]["PolicyDocument"]["Statement"]
    subscribed = {
        (each["Protocol"], target_of(each["Endpoint"]))
        for each in of_type("AWS::SNS::Subscription").values()
        if target_of(each["TopicArn"]) == "Topic"
    }

    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}
    assert subscribed == {
        ("sqs", "SlackQueue"),
        ("lambda", "NotifySlackFunction"),
        ("lambda", "NotifyAmazonQFunction"),
    }


def test_slack_is_hinted_at_what_people_wait_for_alone() -> None:
    [hint] = [
        each
        for each in of_type("AWS::SNS::Subscription").values()
        if target_of(each["Endpoint"]) == "NotifySlackFunction"
    ]

    assert hint["FilterPolicy"] == {"hint": ["now"]}


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
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 5 * minutes(SCHEDULES[schedule]["ScheduleExpression"]) * 60


def minutes(rate: str) -> int:
    return int(rate.removeprefix("rate(").split()[0])


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"ReconcileFunction"}))  # it runs every minute anyway
def test_throttles_are_told(function: str) -> None:
    (alarm,) = alarms_on("AWS/Lambda", "Throttles", function)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_a_workflow_that_breaks_is_told(machine: str, metric: str) -> None:
    (alarm,) = alarms_on("AWS/States", metric, machine)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


def test_a_sum_counts_all_that_it_lists() -> None:
    sums = {name: alarm for name, alarm in ALARMS.items() if "Metrics" in alarm}

    assert sums
    for name, alarm in sums.items():
        shown = [each for each in alarm["Metrics"] if each.get("ReturnData", True)]
        assert [each["Expression"] for each in shown] == ["SUM(METRICS())"], name
        assert {each["MetricStat"]["Stat"] for each in alarm["Metrics"] if each not in shown} == {"Sum"}, name
        assert len(alarm["Metrics"]) <= 10, name  # "Create an alarm based on a metric math expression"


@pytest.mark.parametrize("machine", MACHINES)
def test_a_workflow_logs_what_goes_wrong_and_no_data(machine: str) -> None:
    logging = MACHINES[machine]["LoggingConfiguration"]
    [destination] = logging["Destinations"]

    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    assert target_of(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]) == "LogGroup"
    assert MACHINES[machine]["TracingConfiguration"] == {"Enabled": True}


def test_a_purchase_is_not_run_again_by_lambda() -> None:
    configs = of_type("AWS::Lambda::EventInvokeConfig").values()
    retries = {target_of(one["FunctionName"]): one["MaximumRetryAttempts"] for one in configs}

    assert retries == dict.fromkeys(FUNCTIONS, 2) | {
        "PurchaseBlockFunction": 0,
        "PurchaseExtensionFunction": 0,
        "GatherOffersFunction": 0,
    }


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_reaches_the_topic_and_says_what_to_do(alarm: str) -> None:
    assert [target_of(action) for action in ALARMS[alarm]["AlarmActions"]] == ["Topic"]
    assert len(ALARMS[alarm]["AlarmDescription"]) > 80


def test_alarms_can_publish_to_the_encrypted_topic() -> None:
    topic = of_type("AWS::SNS::Topic")["Topic"]
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
