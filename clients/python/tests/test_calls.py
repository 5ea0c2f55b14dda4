import time
import unittest
from decimal import Decimal

from order_engine_client import InDoubt, OrderEngine, Refused, UnexpectedAnswer, Unreachable, refusals

from .scripted import ACCEPTED, FAST, Server, loses, refuses, says

ORDER = {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5"}
# Nothing listens there.
NOWHERE = "http://127.0.0.1:1"


class Submitting(unittest.TestCase):
    def test_a_lost_reply_is_asked_for_again_under_one_key(self):
        replay = says(201, ACCEPTED, Idempotent_Replayed="true")
        with Server(loses, refuses(503, "busy"), replay) as server:
            doubts = []
            accepted = server.client().submit(ORDER, on_doubt=lambda name, _: doubts.append(name))

            name = accepted["clientOrderId"]
            self.assertEqual((accepted["orderId"], accepted["replayed"]), ("o-1", True))
            self.assertEqual([request.headers["idempotency-key"] for request in server.requests], [name] * 3)
            self.assertEqual([request.body for request in server.requests], [{**ORDER, "clientOrderId": name}] * 3)
            self.assertEqual(doubts, [name])

    def test_an_order_of_which_nobody_tells_is_in_doubt(self):
        with Server(loses) as server:
            with self.assertRaises(InDoubt) as raised:
                server.client(tries=3).submit({**ORDER, "clientOrderId": "desk 1"})

            self.assertEqual(raised.exception.client_order_id, "desk 1")
            self.assertIn("'desk 1'", str(raised.exception))
            self.assertEqual([request.headers["idempotency-key"] for request in server.requests], ["desk%201"] * 3)

    def test_a_refusal_that_is_not_of_the_order_leaves_it_in_doubt(self):
        for status, code in [(401, "unauthorized"), (503, "trading_disabled"), (500, "internal"), (503, "outcome_unknown")]:
            with self.subTest(code), Server(loses, refuses(status, code)) as server:
                with self.assertRaises(InDoubt):
                    server.client(tries=3).submit(ORDER)

    def test_a_refusal_of_the_order_ends_the_doubt(self):
        wrong = {"errors": [{"field": "amount", "message": "must be greater than 0"}]}
        with Server(loses, refuses(422, "invalid_order", more=wrong)) as server:
            with self.assertRaises(refusals.InvalidOrder) as raised:
                server.client().submit(ORDER)

            self.assertEqual(
                str(raised.exception),
                "no; amount: must be greater than 0 (invalid_order): correct the fields in errors",
            )
            self.assertEqual(len(server.requests), 2)

    def test_an_order_that_was_never_sent_is_not_in_doubt(self):
        with self.assertRaises(Unreachable) as raised:
            OrderEngine(NOWHERE, **{**FAST, "tries": 2}).submit(ORDER)

        self.assertFalse(raised.exception.may_have_arrived)

    def test_a_name_that_is_taken_is_refused_with_its_order(self):
        with Server(refuses(409, "client_order_id_taken", more={"orderId": "o-0"})) as server:
            with self.assertRaises(refusals.ClientOrderIdTaken) as raised:
                server.client().submit(ORDER)

            self.assertEqual(raised.exception.order_id, "o-0")
            self.assertEqual(len(server.requests), 1)

    def test_an_amount_is_text_or_a_decimal(self):
        with Server(says(201, ACCEPTED)) as server:
            client = server.client()
            for wrong in (1.5, 1, True):
                with self.assertRaisesRegex(TypeError, "amount must be a string"):
                    client.submit({**ORDER, "amount": wrong})
            with self.assertRaisesRegex(TypeError, "limitPrice"):
                client.change("o-1", {"limitPrice": 160.5})
            with self.assertRaisesRegex(TypeError, "amountOut"):
                client.quotes("SOL", "USDC", amount_out=1.5)
            self.assertEqual(server.requests, [])

            client.submit({**ORDER, "amount": Decimal("1E-9")})

            self.assertEqual(server.requests[0].body["amount"], "0.000000001")


class Repeating(unittest.TestCase):
    def test_it_waits_as_long_as_the_engine_asks(self):
        with Server(refuses(429, "rate_limited", Retry_After="1"), says(200, {"tokens": []})) as server:
            began = time.monotonic()
            self.assertEqual(server.client().tokens(), [])

            self.assertGreaterEqual(time.monotonic() - began, 1)

    def test_a_wait_that_is_too_long_is_the_callers_to_decide(self):
        with Server(refuses(503, "queue_full", Retry_After="31")) as server:
            with self.assertRaises(refusals.QueueFull) as raised:
                server.client().submit(ORDER)

            self.assertEqual((raised.exception.retry_after, len(server.requests)), (31, 1))

    def test_tries_have_a_bound(self):
        with Server(refuses(503, "busy")) as server:
            with self.assertRaises(refusals.Busy):
                server.client(tries=4).stats()

            self.assertEqual(len(server.requests), 4)

    def test_what_another_try_does_not_change_is_asked_once(self):
        with Server(refuses(404, "order_not_found"), refuses(418, "of_a_newer_engine"), says(200, [], )) as server:
            with self.assertRaises(refusals.OrderNotFound):
                server.client().order("o-9")
            with self.assertRaises(Refused) as raised:
                server.client().order("o-9")

            self.assertEqual(raised.exception.code, "of_a_newer_engine")
            self.assertEqual(len(server.requests), 2)

    def test_where_a_gateway_is_away_the_next_one_is_asked_at_once(self):
        with Server(refuses(503, "stopping", Retry_After="20")) as stopping, Server(says(200, {"tokens": []})) as other:
            began = time.monotonic()
            with OrderEngine([NOWHERE, stopping.url, other.url], **FAST) as client:
                client.tokens()
                client.tokens()

            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual((len(stopping.requests), len(other.requests), client.url), (1, 2, other.url))

    def test_other_calls_than_reads_are_sent_once(self):
        with Server(loses) as server:
            with self.assertRaises(Unreachable):
                server.client().call("POST", "/api/admin/pause")

            self.assertEqual(len(server.requests), 1)

    def test_half_an_answer_is_none(self):
        def cut(connection, _):
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"tokens":[')
            return False

        with Server(cut, says(200, {"tokens": []})) as server:
            self.assertEqual(server.client().tokens(), [])

    def test_a_proxys_page_is_no_answer(self):
        with Server(says(200, "x"), lambda it, _: it.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>")) as server:
            client = server.client()
            client.stats()
            with self.assertRaises(UnexpectedAnswer):
                client.stats()

    def test_a_connection_that_the_engine_has_closed_is_opened_again(self):
        def once(connection, request):
            says(200, {"tokens": []})(connection, request)
            return False

        with Server(once) as server:
            client = server.client(tries=1)
            for _ in range(3):
                client.tokens()
                # Until the end has come, as it would have between two calls.
                kept = client._transport._connections()[client._transport.gateway]
                self.assertEqual(kept.sock.recv(1), b"")

    def test_a_key_goes_with_each_call(self):
        with Server(says(200, {"tokens": []})) as server:
            server.client(api_key="secret").tokens()

            self.assertEqual(server.requests[0].headers["authorization"], "Bearer secret")

    def test_an_address_that_is_none_is_told_at_once(self):
        for url in ("", "engine", "ftp://engine", "http://engine?x=1", []):
            with self.assertRaises(ValueError):
                OrderEngine(url)


class Orders(unittest.TestCase):
    def test_a_cancel_whose_answer_was_lost_is_a_cancel(self):
        taken = refuses(409, "not_cancellable", more={"orderStatus": "cancelled"})
        with Server(loses, taken) as server:
            self.assertEqual(server.client().cancel("o-1")["status"], "cancelled")
        with Server(taken) as server:
            with self.assertRaises(refusals.NotCancellable):
                server.client().cancel("o-1")

    def test_a_list_is_read_page_by_page(self):
        pages = [
            says(200, {"orders": [{"orderId": "c"}, {"orderId": "b"}], "nextCursor": "p/2"}),
            says(200, {"orders": [], "nextCursor": "p/3"}),
            says(200, {"orders": [{"orderId": "a"}], "nextCursor": None}),
        ]
        with Server(*pages) as server:
            listed = [order["orderId"] for order in server.client().orders(waiting=True, limit=2)]

            self.assertEqual(listed, ["c", "b", "a"])
            paths = [request.path for request in server.requests]
            first = "/api/orders?waiting=true&limit=2"
            self.assertEqual(paths, [first, f"{first}&cursor=p%2F2", f"{first}&cursor=p%2F3"])
