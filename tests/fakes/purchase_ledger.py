"""The ledger of purchases."""

from dataclasses import dataclass, field, replace

from capacity_blocks.core.purchase import book_record, canonical, record
from capacity_blocks.core.purchase.budget import Book
from capacity_blocks.core.purchase.intent import Intent
from capacity_blocks.core.purchase.purchase_tag import history_line
from capacity_blocks.purchase_ports import RequestRow
from tests.fakes.failing import Errors, perhaps_raise

Row = tuple[str, int]


@dataclass
class FakePurchaseLedger:
    """`requests` by id; `kept` and `tokens` by request and number; `books` by pool, with all that they ever were.

    `as_run` gives the same ledger to another run. What `lost` holds under a method's name is raised after it has done
    its work: the reply did not come.
    """

    run: str = "run-1"
    requests: dict[str, RequestRow] = field(default_factory=dict)
    kept: dict[Row, Intent] = field(default_factory=dict)
    tokens: dict[Row, str] = field(default_factory=dict)
    history: list[dict[str, str]] = field(default_factory=list)  # of all intents
    books: dict[str, list[Book]] = field(default_factory=dict)
    writers: dict[Row | str, str] = field(default_factory=dict)  # the run that wrote an intent or a book last
    errors: Errors = field(default_factory=dict)
    lost: Errors = field(default_factory=dict)

    def as_run(self, run: str) -> "FakePurchaseLedger":
        return replace(self, run=run)

    def claim_request(self, row: RequestRow, continues: str | None = None) -> RequestRow:
        perhaps_raise(self.errors, "claim_request")
        held = self.requests.get(row.request_id)
        if held is None or ((held.execution, held.digest, held.ended) == (continues, row.digest, None)):
            self.requests[row.request_id] = row
        perhaps_raise(self.lost, "claim_request")
        return self.requests[row.request_id]

    def take_request(self, row: RequestRow, replacing: RequestRow) -> RequestRow:
        perhaps_raise(self.errors, "take_request")
        if self.requests.get(row.request_id) == replacing:
            self.requests[row.request_id] = row
        perhaps_raise(self.lost, "take_request")
        return self.requests[row.request_id]

    def request(self, request_id: str) -> RequestRow | None:
        perhaps_raise(self.errors, "request")
        return self.requests.get(request_id)

    def open_requests(self) -> tuple[RequestRow, ...]:
        perhaps_raise(self.errors, "open_requests")
        return tuple(self.requests[each] for each in sorted(self.requests) if self.requests[each].ended is None)

    def end_request(self, row: RequestRow, ended: str) -> None:
        perhaps_raise(self.errors, "end_request")
        held = self.requests.get(row.request_id)
        if held is not None and held.execution == row.execution and held.ended is None:
            self.requests[row.request_id] = replace(held, ended=ended)
        perhaps_raise(self.lost, "end_request")

    def intents(self, request_id: str) -> tuple[Intent, ...]:
        perhaps_raise(self.errors, "intents")
        return tuple(self.kept[row] for row in sorted(self.kept) if row[0] == request_id)

    def put_intent(self, intent: Intent, replacing: Intent | None) -> bool:
        perhaps_raise(self.errors, "put_intent")
        row = (intent.request_id, intent.number)
        held = _text(self.kept.get(row))
        is_written = held == _text(replacing) or (held == _text(intent) and self.writers[row] == self.run)
        if is_written:
            self.kept[row], self.writers[row] = intent, self.run
        if is_written and held != _text(intent):
            self.history.append(history_line(intent))
        perhaps_raise(self.lost, "put_intent")
        return is_written

    def book(self, pool: str) -> Book:
        perhaps_raise(self.errors, "book")
        return self.books.get(pool, [Book(pool=pool)])[-1]

    def put_book(self, book: Book, replacing: Book) -> bool:
        perhaps_raise(self.errors, "put_book")
        book_record.text_of(book, replacing)
        held = self.books.setdefault(book.pool, [Book(pool=book.pool)])
        is_own = held[-1] == book and self.writers.get(book.pool) == self.run
        is_written = held[-1].version == replacing.version
        if is_written:
            held.append(book)
            self.writers[book.pool] = self.run
        perhaps_raise(self.lost, "put_book")
        return is_written or is_own

    def keep_token(self, intent: Intent, token: str) -> None:
        perhaps_raise(self.errors, "keep_token")
        self.tokens[intent.request_id, intent.number] = token
        perhaps_raise(self.lost, "keep_token")

    def token(self, intent: Intent) -> str | None:
        perhaps_raise(self.errors, "token")
        return self.tokens.get((intent.request_id, intent.number))


def _text(intent: Intent | None) -> str | None:
    return None if intent is None else canonical.text(record.of_intent(intent))
