"""What Slack takes at most, from the reference of Block Kit and of chat.postMessage (docs.slack.dev)."""

BLOCKS = 50  # of a message; those of its attachments are counted with them here, to be safe
HEADER = 150
SECTION_TEXT = 3000
SECTION_FIELDS = 10
FIELD_TEXT = 2000
ACTIONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
CONTEXT_TEXT = (
    2000  # assumed: the reference gives none for a text in a context, and fields are the shortest that it has
)
MESSAGE_TEXT = 12_000  # assumed: Slack has an error msg_blocks_too_long, and does not say from where on
TEXT = 4000  # "Truncating content": the length to stay below
