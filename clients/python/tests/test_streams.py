import struct
import threading
import unittest

from order_engine_client import Closed, OrderEngine, Unreachable, refusals

from .scripted import FAST, Server, event, frame, opens, refuses, text_frame

END = event(3, "confirmed", amountOut="225")


def seqs(events):
    return [told["seq"] for told in events]


class Following(unittest.TestCase):
    def test_each_event_comes_once_across_lost_connections(self):
        half = text_frame('{"orderId":"o-1","seq":2')[:9]
        answers = [
            opens(event(0), event(1), half),
            refuses(503, "stopping"),
            opens(event(1), event(2), then=1012),
            opens(END, then=1000),
        ]
        with Server(*answers) as server:
            told = list(server.client().follow("o-1"))

            self.assertEqual(seqs(told), [0, 1, 2, 3])
            paths = [request.path.rpartition("/")[2] for request in server.requests]
            self.assertEqual(paths, ["stream", "stream?since=1", "stream?since=1", "stream?since=2"])

    def test_a_gap_is_asked_for(self):
        with Server(opens(event(0), event(2)), opens(event(1), event(2), END)) as server:
            self.assertEqual(seqs(server.client().follow("o-1")), [0, 1, 2, 3])
            self.assertTrue(server.requests[1].path.endswith("?since=0"))

    def test_an_order_that_has_ended_has_no_more_events(self):
        with Server(opens(then=1000)) as server:
            self.assertEqual(list(server.client().follow("o-1", since=3)), [])

    def test_where_nothing_comes_again_and_again_it_ends(self):
        with Server(opens()) as server:
            with self.assertRaises(Unreachable):
                list(server.client(tries=3).follow("o-1"))

            self.assertEqual(len(server.requests), 3)

    def test_the_next_gateway_goes_on(self):
        with Server(opens(event(0), event(1))) as first, Server(opens(event(2), END)) as second:
            client = OrderEngine([first.url, second.url], **FAST)

            self.assertEqual(seqs(client.follow("o-1")), [0, 1, 2, 3])
            self.assertEqual([len(first.requests), len(second.requests)], [1, 1])

    def test_what_other_calls_meet_moves_no_stream_to_a_gateway_that_is_away(self):
        answers = [*(opens(event(seq)) for seq in range(3)), opens(END)]
        with Server(*answers) as server, OrderEngine(["http://127.0.0.1:999", server.url], **{**FAST, "tries": 2}) as client:
            transport = client._transport
            away = transport.gateway
            # Whenever the stream waits, others make calls begin at the gateway that is away.
            transport.pause = lambda *_: transport.answered(away)

            self.assertEqual(seqs(client.follow("o-1")), [0, 1, 2, 3])

    def test_what_will_not_change_is_raised(self):
        with Server(refuses(404, "order_not_found")) as server:
            with self.assertRaises(refusals.OrderNotFound):
                list(server.client().follow("o-1"))
        with Server(opens(event(0), then=4001)) as server:
            with self.assertRaisesRegex(Closed, "revoked"):
                list(server.client().follow("o-1"))

            self.assertEqual(len(server.requests), 1)

    def test_messages_in_parts_and_pings_are_understood(self):
        heard = []
        parts = text_frame('{"orderId":"o-1","seq":0,"status":"expired","reason":"' + "x" * 300 + '"}')
        body = parts[4:]

        def ping(connection):
            connection.sendall(frame(0x89, b"there?"))
            heard.append(connection.recv(64))

        with Server(opens(frame(0x01, body[:7]), ping, frame(0x00, body[7:20]), frame(0x80, body[20:]))) as server:
            (told,) = server.client().follow("o-1")

            self.assertEqual(len(told["reason"]), 300)
            masked = heard[0]
            self.assertEqual(masked[:2], bytes([0x8A, 0x80 | 6]))
            self.assertEqual(bytes(byte ^ masked[2 + at % 4] for at, byte in enumerate(masked[6:])), b"there?")

    def test_frames_that_no_server_sends_end_the_connection(self):
        wrong = [frame(0xC1, b"{}"), bytes([0x81, 0x82]) + b"mask{}", bytes([0x81, 127]) + struct.pack("!Q", 1 << 40), frame(0x83, b"")]
        for bytes_ in wrong:
            with self.subTest(bytes_), Server(opens(bytes_), opens(event(0), event(1, "failed"))) as server:
                self.assertEqual(seqs(server.client().follow("o-1")), [0, 1])

    def test_who_stops_listening_hangs_up(self):
        ended = threading.Event()

        def until_closed(connection):
            while connection.recv(64):
                pass
            ended.set()

        with Server(opens(event(0), until_closed)) as server:
            following = server.client().follow("o-1")
            next(following)
            following.close()

            self.assertTrue(ended.wait(10))


class Feeding(unittest.TestCase):
    def placed(self, cursor, seq=0):
        return event(seq, cursor=cursor)

    def test_it_goes_on_behind_the_last_event(self):
        with Server(opens(self.placed("c1"), {"type": "resync"}), opens(self.placed("c+2"))) as server:
            with server.client().stream(statuses=["confirmed", "failed"]) as feed:
                told = [next(feed) for _ in range(3)]

            self.assertEqual([message.get("type") or message["cursor"] for message in told], ["c1", "resync", "c+2"])
            self.assertEqual(feed.cursor, "c+2")
            paths = [request.path for request in server.requests]
            filtered = "/api/stream?status=confirmed%2Cfailed"
            self.assertEqual(paths, [filtered, f"{filtered}&cursor=c1"])

    def test_a_loss_before_the_first_event_is_told(self):
        with Server(opens(), opens(self.placed("c1"))) as server:
            with server.client().stream() as feed:
                self.assertEqual(next(feed), {"type": "resync"})
                self.assertEqual(next(feed)["cursor"], "c1")

    def test_it_begins_where_the_caller_says(self):
        with Server(opens(), opens(self.placed("c8"))) as server:
            with server.client().stream(cursor="c7") as feed:
                self.assertEqual(next(feed)["cursor"], "c8")

            self.assertEqual([request.path for request in server.requests], ["/api/stream?cursor=c7"] * 2)
