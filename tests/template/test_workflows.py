"""The workflows as they are written: what is retried, where failures lead, and what becomes of each answer."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from capacity_blocks.purchasing.look import Word
from simulator.step_functions.jsonata import evaluate
from tests.template.stack import ROOT, deployed, of_type, statements, target_of

INVOKE, INVOKE_AND_WAIT = "arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke.waitForTaskToken"
START, START_AND_WAIT = "arn:aws:states:::states:startExecution", "arn:aws:states:::states:startExecution.sync:2"
SOURCES = {
    "PurchaseStateMachine": (ROOT / "statemachines" / "purchase.asl.yaml").read_text(),
    "PurchaseIntentStateMachine": (ROOT / "statemachines" / "purchase_intent.asl.yaml").read_text(),
    "ExtensionStateMachine": (ROOT / "statemachines" / "extension.asl.yaml").read_text(),
}
WORKFLOWS: Mapping[str, Any] = {name: yaml.safe_load(source) for name, source in SOURCES.items()}
MACHINES = of_type("AWS::StepFunctions::StateMachine")
FUNCTIONS = of_type("AWS::Lambda::Function")
STATES = {(machine, name): state for machine, flow in WORKFLOWS.items() for name, state in flow["States"].items()}
TASKS = {f"{machine}: {name}": state for (machine, name), state in STATES.items() if state["Type"] == "Task"}
# They spend, or start what does. The last is run again by its own sweep.
NEVER_RETRIED = {
    "PurchaseIntentStateMachine: Buy the block",
    "PurchaseStateMachine: Buy what was approved",
    "PurchaseStateMachine: Bring the pool in line",
    "ExtensionStateMachine: Buy the extension",
    "ExtensionStateMachine: Bring the pool in line",
}
# What may fail without the request failing: how the intent stands is looked at next, or the sweep makes up for it.
GOES_ON = {
    **dict.fromkeys(NEVER_RETRIED),
    "PurchaseIntentStateMachine: Buy the block": "Follow the purchase",
    "PurchaseStateMachine: Buy what was approved": "See how the purchase stands",
    "PurchaseStateMachine: Bring the pool in line": "Close the request",
    "ExtensionStateMachine: Buy the extension": "See how the extension stands",
    "ExtensionStateMachine: Bring the pool in line": "Close the request",
    # The end of the failure path, and a workflow that another one follows up.
    "PurchaseStateMachine: Tell and release": "It failed and could not tell",
    "ExtensionStateMachine: Tell and release": "It failed and could not tell",
    "PurchaseIntentStateMachine: Follow the purchase": "It could not be followed",
}
PERMANENT = ["PurchaseRequestError", "RequestTakenError", "StepError", "UnknownIntentError", "SettingsError"]
DELIVERING = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}

each_task = pytest.mark.parametrize("task", TASKS)
each_machine = pytest.mark.parametrize("machine", WORKFLOWS)


def substituted(machine: str, text: str) -> str:
    """Return the logical id that stands for a ${placeholder} of a definition."""
    name = text.removeprefix("${").removesuffix("}")
    return str(target_of(MACHINES[machine]["DefinitionSubstitutions"][name]))


def function_of(task: str) -> str | None:
    """Return the function that a task calls; None where it calls none."""
    arguments = TASKS[task]["Arguments"]
    return substituted(task.partition(":")[0], arguments["FunctionName"]) if "FunctionName" in arguments else None


def following(state: Mapping[str, Any]) -> Iterator[str]:
    yield from (each["Next"] for each in [state, *state.get("Choices", []), *state.get("Catch", [])] if "Next" in each)
    if "Default" in state:
        yield state["Default"]


@each_machine
def test_every_state_can_be_reached_and_every_path_ends_somewhere(machine: str) -> None:
    flow = WORKFLOWS[machine]
    reached, ahead = set[str](), [flow["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += following(flow["States"][name])

    assert reached == flow["States"].keys()
    assert all(state["Type"] in {"Succeed", "Fail"} for state in flow["States"].values() if not [*following(state)])


@each_machine
def test_a_state_is_named_by_a_sentence(machine: str) -> None:
    names = list(WORKFLOWS[machine]["States"])

    assert [name for name in names if not (name[0].isupper() and len(name.split()) > 2 and len(name) <= 80)] == []
    assert [name for name in names if not name.replace(" ", "").isalnum()] == []


@each_machine
def test_a_workflow_ends_in_time_and_speaks_jsonata(machine: str) -> None:
    flow = WORKFLOWS[machine]
    waiting = [state["TimeoutSeconds"] for state in flow["States"].values() if "TimeoutSeconds" in state]

    assert flow["QueryLanguage"] == "JSONata"
    assert max(waiting) < flow["TimeoutSeconds"] < 365 * 24 * 60 * 60  # "Step Functions service quotas"
    assert MACHINES[machine].get("StateMachineType", "STANDARD") == "STANDARD"


@each_machine
def test_a_definition_has_no_anchors_which_cloudformation_would_not_read(machine: str) -> None:
    tokens = list(yaml.scan(SOURCES[machine]))

    assert [token for token in tokens if isinstance(token, yaml.AnchorToken | yaml.AliasToken)] == []


@each_machine
def test_every_placeholder_is_filled_and_every_filling_is_used(machine: str) -> None:
    given = MACHINES[machine]["DefinitionSubstitutions"]

    assert {name for name in given if f"${{{name}}}" in SOURCES[machine]} == given.keys()
    assert SOURCES[machine].count("${") == sum(SOURCES[machine].count(f"${{{name}}}") for name in given)


# --- what fails ------------------------------------------------------------


@each_task
def test_a_task_waits_for_its_function_and_not_for_ever(task: str) -> None:
    function = function_of(task)
    patience = TASKS[task]["TimeoutSeconds"]

    assert patience <= WORKFLOWS["PurchaseIntentStateMachine"]["TimeoutSeconds"] + 3600
    if function is not None:
        assert patience >= 30 + int(timeout_of(function))


def timeout_of(function: str) -> str:
    match FUNCTIONS[function]["Timeout"]:
        case {"Fn::FindInMap": [str(name), str(top), str(second)]}:
            return str(deployed().mappings[name][top][second])
        case seconds:
            return str(seconds)


@each_task
def test_a_failure_is_told_and_releases_or_is_followed_up(task: str) -> None:
    [everything] = [catch for catch in TASKS[task]["Catch"] if "States.ALL" in catch["ErrorEquals"]]

    assert everything["Next"] == GOES_ON.get(task, "Tell and release")


each_whole = pytest.mark.parametrize("machine", ["PurchaseStateMachine", "ExtensionStateMachine"])


@each_whole
def test_the_failure_path_tells_and_releases_before_it_fails(machine: str) -> None:
    tell = TASKS[f"{machine}: Tell and release"]
    into_failure = [
        name
        for (each, name), state in STATES.items()
        if each == machine
        for after in following(state)
        if STATES[machine, after]["Type"] == "Fail"
    ]

    assert function_of(f"{machine}: Tell and release") == "CloseRequestFunction"
    assert tell["Arguments"]["Payload"]["error"] == "{% $error %}"
    assert set(into_failure) == {"Tell and release"}


def test_only_what_is_harmless_to_repeat_is_repeated() -> None:
    assert {task for task, state in TASKS.items() if "Retry" not in state} == NEVER_RETRIED
    spenders = {"PurchaseBlockFunction", "PurchaseExtensionFunction"}
    assert {task for task in TASKS if function_of(task) in spenders} <= NEVER_RETRIED
    assert {task for task, state in TASKS.items() if state["Resource"] == START_AND_WAIT} <= NEVER_RETRIED


@pytest.mark.parametrize("task", [task for task in sorted(TASKS) if function_of(task) and "Retry" in TASKS[task]])
def test_a_retry_waits_longer_each_time_and_not_on_what_stays_wrong(task: str) -> None:
    permanent, passing = TASKS[task]["Retry"]

    assert (permanent["ErrorEquals"], permanent["MaxAttempts"]) == (PERMANENT, 0)
    assert {"Lambda.TooManyRequestsException", "Lambda.ServiceException"} <= set(passing["ErrorEquals"])
    assert ("States.Timeout" in passing["ErrorEquals"]) == (TASKS[task]["Resource"] == INVOKE)  # people take their time
    assert (passing["BackoffRate"], passing["JitterStrategy"], passing["MaxDelaySeconds"]) == (2, "FULL", 300)


@each_whole
def test_a_question_that_nobody_answers_in_time_is_looked_at_and_asked_on(machine: str) -> None:
    ask = TASKS[f"{machine}: Ask for approval"]

    assert ask["Resource"] == INVOKE_AND_WAIT
    assert [catch["Next"] for catch in ask["Catch"] if catch["ErrorEquals"] == ["States.Timeout"]] == [
        "See what was decided"
    ]


# --- what its answers lead to ----------------------------------------------


def chosen(machine: str, choice: str, *, given: Mapping[str, str]) -> str:
    """Return the state that a choice leads to, with variables and input as they are `given`."""
    bound = "".join(f"{name} := {value};" for name, value in given.items() if name != "$states")
    state = STATES[machine, choice]
    for rule in state["Choices"]:
        condition = rule["Condition"].removeprefix("{%").removesuffix("%}")
        if evaluate(f"({bound} $states := {given['$states']}; {condition})"):
            return str(rule["Next"])
    return str(state["Default"])


AT = '"2027-05-01T11:30:00Z"'
UNDERSTOOD = "The answer is not understood"


@pytest.mark.parametrize(
    ("outcome", "wait_until", "then"),
    [
        ("ask", AT, "Ask for approval"),
        ("buy", "null", "Buy what was approved"),
        ("look_again", AT, "Wait to look again"),
        ("look_again", "null", UNDERSTOOD),
        ("nothing", "null", "Close the request"),
        ("dry_run", "null", "It was a dry run and nothing was asked or bought"),
        ("something else", AT, UNDERSTOOD),
    ],
)
def test_what_was_chosen_is_done(outcome: str, wait_until: str, then: str) -> None:
    given = {"$outcome": f'"{outcome}"', "$wait_until": wait_until, "$states": "{}"}

    assert chosen("PurchaseStateMachine", "What was chosen", given=given) == then


STANDS = {
    (Word.WAITING, AT, False): (UNDERSTOOD, "Its answer is not understood"),
    (Word.APPROVED, "null", False): ("Wait to start the purchase again", "Wait to try again"),
    (Word.LOOK_AGAIN, AT, False): ("Wait for EC2", "Wait for EC2"),
    (Word.LOOK_AGAIN, "null", False): (UNDERSTOOD, "Its answer is not understood"),
    (Word.PAID, "null", False): ("Bring the pool in line", "The block is paid"),
    (Word.FAILED, "null", False): ("Close the request", "The payment failed"),
    (Word.CLOSED, "null", True): ("Is it time for a new execution", "Nothing was bought"),
    (Word.CLOSED, "null", False): ("Close the request", "Nothing was bought"),
    (Word.ASKED_A_PERSON, "null", False): ("Close the request", "A person must find out what was bought"),
}


@pytest.mark.parametrize(("look", "then"), STANDS.items(), ids=str)
def test_how_an_intent_stands_decides_what_is_next(look: tuple[Word, str, bool], then: tuple[str, str]) -> None:
    word, wait_until, ask_again = look
    answer = f'{{"outcome": "{word}", "wait_until": {wait_until}, "ask_again": {str(ask_again).lower()}}}'
    given = {
        "$outcome": f'"{word}"',
        "$wait_until": wait_until,
        "$starts": "1",
        "$tries": "1",
        "$states": f'{{"input": {answer}}}',
    }

    assert chosen("PurchaseStateMachine", "How does the purchase stand", given=given) == then[0]
    assert chosen("PurchaseIntentStateMachine", "How does it stand", given=given) == then[1]
    before = {Word.WAITING: "Ask for approval", Word.APPROVED: "Buy what was approved"}
    assert chosen("PurchaseStateMachine", "What was decided", given=given) == before.get(
        word, "How does the purchase stand"
    )


def test_every_word_of_the_follower_is_understood() -> None:
    assert {word for word, _, _ in STANDS} == set(Word)


def test_an_intent_that_is_never_attempted_is_given_up_after_some_tries() -> None:
    given = {"$outcome": '"approved"', "$wait_until": "null", "$starts": "3", "$tries": "5"}
    given["$states"] = '{"input": {"outcome": "approved", "wait_until": null, "ask_again": false}}'

    assert chosen("PurchaseStateMachine", "How does the purchase stand", given=given) == "Give the purchase up"
    assert chosen("PurchaseIntentStateMachine", "How does it stand", given=given) == "Nothing was bought"


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        ("paid", "The block is paid and handed to its pool"),
        ("failed", "The payment failed"),
        ("asked a person", "A person must find out what was bought"),
        ("nothing", "Nothing was bought"),
        ("closed", "Nothing was bought"),
    ],
)
def test_an_end_says_how_it_came_out(outcome: str, end: str) -> None:
    given = {"$outcome": f'"{outcome}"', "$states": "{}"}

    assert chosen("PurchaseStateMachine", "How did it end", given=given) == end
    assert STATES["PurchaseStateMachine", end] == {"Type": "Succeed"}


# --- the same of an extension ----------------------------------------------

EXTENSION = "ExtensionStateMachine"


@pytest.mark.parametrize(
    ("outcome", "then"),
    [
        ("ask", "Ask for approval"),
        ("buy", "Buy the extension"),
        ("nothing", "Is there a request to close"),
        ("look_again", UNDERSTOOD),
    ],
)
def test_what_was_chosen_of_an_extension_is_done(outcome: str, then: str) -> None:
    assert chosen(EXTENSION, "What was chosen", given={"$outcome": f'"{outcome}"', "$states": "{}"}) == then


@pytest.mark.parametrize(
    ("request_", "then"),
    [
        ('{"request_id": "extend-cr-0a", "pool": "training"}', "Close the request"),
        ('{"extend": {}}', "Nothing was bought"),
    ],
)
def test_only_a_request_that_it_holds_is_closed(request_: str, then: str) -> None:
    given = {"$request": request_, "$states": "{}"}

    assert chosen(EXTENSION, "Is there a request to close", given=given) == then


EXTENDS = {
    (Word.WAITING, AT, False): UNDERSTOOD,
    (Word.APPROVED, "null", False): "Wait to try again",
    (Word.LOOK_AGAIN, AT, False): "Wait for EC2",
    (Word.LOOK_AGAIN, "null", False): UNDERSTOOD,
    (Word.PAID, "null", False): "Bring the pool in line",
    (Word.FAILED, "null", False): "Close the request",
    (Word.CLOSED, "null", True): "Choose an extension",
    (Word.CLOSED, "null", False): "Close the request",
    (Word.ASKED_A_PERSON, "null", False): "Close the request",
}


@pytest.mark.parametrize(("look", "then"), EXTENDS.items(), ids=str)
def test_how_an_extension_stands_decides_what_is_next(look: tuple[Word, str, bool], then: str) -> None:
    word, wait_until, ask_again = look
    answer = f'{{"outcome": "{word}", "wait_until": {wait_until}, "ask_again": {str(ask_again).lower()}}}'
    given = {
        "$outcome": f'"{word}"',
        "$wait_until": wait_until,
        "$tries": "1",
        "$turns": "1",
        "$waits": "999",
        "$states": f'{{"input": {answer}}}',
    }

    assert chosen(EXTENSION, "How does the extension stand", given=given) == then
    before = {Word.WAITING: "Ask for approval", Word.APPROVED: "Buy the extension"}
    assert chosen(EXTENSION, "What was decided", given=given) == before.get(word, "How does the extension stand")


def test_one_wish_is_for_one_end() -> None:
    merged = STATES[EXTENSION, "Choose an extension"]["Assign"]["extend"].strip().removeprefix("{%").removesuffix("%}")
    wish = '{"hours": 24}'
    request_ = '{"request_id": "extend-cr-0a", "end": "2027-05-01T11:30:00Z"}'

    for answered, then in ((request_, {"hours": 24, "end": "2027-05-01T11:30:00Z"}), ("null", {"hours": 24})):
        states = f'{{"result": {{"Payload": {{"request": {answered}}}}}}}'
        assert evaluate(f"($extend := {wish}; $states := {states}; {merged})") == then


def test_an_extension_that_is_never_attempted_is_given_up_and_offers_that_go_are_not_chased_for_ever() -> None:
    answer = {"$wait_until": "null", "$tries": "5", "$states": '{"input": {"ask_again": true}}'}
    for outcome, turns, waits, then in (
        ("approved", "5", "0", "Give the extension up"),
        ("closed", "5", "0", "Close the request"),
        ("closed", "1", "1000", "Close the request"),  # its history would come to the most that there is
    ):
        given = {"$outcome": f'"{outcome}"', "$turns": turns, "$waits": waits, **answer}
        assert chosen(EXTENSION, "How does the extension stand", given=given) == then


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        ("paid", "The extension is paid and the end has moved"),
        ("failed", "The payment failed"),
        ("asked a person", "A person must find out what was bought"),
        ("nothing", "Nothing was bought"),
        ("closed", "Nothing was bought"),
    ],
)
def test_an_end_says_how_an_extension_came_out(outcome: str, end: str) -> None:
    assert chosen(EXTENSION, "How did it end", given={"$outcome": f'"{outcome}"', "$states": "{}"}) == end
    assert STATES[EXTENSION, end] == {"Type": "Succeed"}


# --- what its role is granted ----------------------------------------------


def needed(machine: str) -> set[tuple[str, str]]:
    """Return what the tasks of a workflow do, to what."""
    found: set[tuple[str, str]] = set()
    for task, state in TASKS.items():
        if not task.startswith(f"{machine}:"):
            continue
        if (function := function_of(task)) is not None:
            found.add(("lambda:InvokeFunction", f"one:{function}"))
            continue
        started = state["Arguments"]["StateMachineArn"]
        itself = started == "{% $states.context.StateMachine.Id %}"
        found.add(("states:StartExecution", f"one:{machine if itself else substituted(machine, started)}"))
        if state["Resource"] == START_AND_WAIT:
            execution, rule = "arn:*:states:*:*:execution:*:*", "arn:*:events:*:*:rule/*"
            found |= {(f"states:{action}Execution", execution) for action in ("Describe", "Stop")}
            found |= {(f"events:{action}", rule) for action in ("DescribeRule", "PutRule", "PutTargets")}
    return found


@each_machine
def test_a_workflow_is_granted_what_its_tasks_do_and_no_more(machine: str) -> None:
    role = target_of(MACHINES[machine]["RoleArn"])
    granted = {
        (action, resource)
        for s in statements("true")
        if s.role == role
        for action in s.actions
        for resource in s.resources
    }

    assert granted == needed(machine) | {(action, "*") for action in DELIVERING}
