#!/usr/bin/env python3
"""Follows long-running operations over Hangar's operations socket.

    websocket_client_python.py <operation-id>    follow one operation until it ends
    websocket_client_python.py monitor           follow all operations
    websocket_client_python.py stats             print the server's statistics
    websocket_client_python.py interactive       type commands, see answers and events

The socket is --url, or HANGAR_WS_URL, or ws://localhost:8765. Where Hangar asks for a key, put it in HANGAR_API_KEY: it is
sent as X-API-Key. A lost connection is made again, later and later, and goes on where it ended.

Exit status: 0 it completed, 1 it failed or is unknown, 2 wrong usage, 3 no connection, 130 interrupted.
Needs Python 3.10 and websockets (pip install -r requirements.txt).
"""

import argparse
import asyncio
import json
import os
import random
import shlex
import sys
import threading
import time

import websockets

ENDED = ("completed", "error", "cancelled")
COME_BACK = (1001, 1006, 1011, 1012, 1013)  # close codes after which trying again helps; see /docs/ws
BAR = 24  # characters


class NoConnection(Exception):
    """The socket cannot be reached, or the server does not want us."""


def connect(url):
    """Opens the socket; `async with` closes it."""
    key = os.environ.get("HANGAR_API_KEY")
    return websockets.connect(url, additional_headers={"X-API-Key": key} if key else None, open_timeout=10)


async def command(socket, name, **fields):
    """Sends a command and gives its answer, which is always the next frame after it that is no event."""
    await socket.send(json.dumps({"command": name, **fields}))
    while True:
        frame = json.loads(await socket.recv())
        if "position" not in frame:
            return frame
        show(frame)  # an event that was on its way already


def bar(progress):
    """A progress of 0.0 to 1.0 as text."""
    filled = round(min(max(progress, 0), 1) * BAR)
    return f"[{'#' * filled}{'-' * (BAR - filled)}] {progress:4.0%}"


def describe(frame):
    """What one frame says, as one line."""
    data = frame.get("data") or {}
    match frame.get("event_type"):
        case "progress":
            return f"{bar(data['progress'])} {data.get('message', '')}"
        case "status":
            return f"status: {data['status']} {data.get('message', '')}"
        case "log":
            return f"{data['level']}: {data['message']}"
        case "result":
            return f"result: {json.dumps(data['result'], ensure_ascii=False)}"
        case "completed":
            return f"{data['status']} in {data['duration']:.2f}s"
        case "error":
            return f"failed: {data['error']} ({data.get('error_type', 'UnknownError')})"
        case "connected":
            return data.get("message", "connected")
        case "warning":
            return f"WARNING: {data.get('message') or json.dumps(data)}"
        case other:
            return f"{other}: {json.dumps(data, ensure_ascii=False)}"


def show(frame, with_id=True):
    """Prints one frame with its time, and its operation where several are followed."""
    when = time.strftime("%H:%M:%S", time.localtime(frame.get("timestamp") or time.time()))
    which = f" {frame.get('operation_id', '')}" if with_id else ""
    print(f"{when}{which}  {describe(frame)}".rstrip(), flush=True)


class Follower:
    """Keeps a connection, and calls receive(frame) for every event until it returns a value other than None."""

    def __init__(self, url, hello, receive):
        self.url = url
        self.hello = hello  # async: says what we want on a fresh socket; may return a value, which ends it all
        self.receive = receive
        self.position = None  # of the last event seen: a new connection goes on after it

    async def run(self):
        wait = 1.0
        while True:
            try:
                address = self.url if self.position is None else with_query(self.url, f"since={self.position}")
                async with connect(address) as socket:
                    wait = 1.0
                    return await self.serve(socket)
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                if code not in COME_BACK:
                    raise NoConnection(f"the server closed the connection: {code} {closed.reason}".rstrip()) from closed
                problem = f"connection lost ({code})"
            except websockets.InvalidStatus as refused:
                status = refused.response.status_code
                if status < 500 and status != 429:
                    raise NoConnection(f"refused with HTTP status {status}: {refused.response.body.decode(errors='replace')}") from refused
                problem = f"HTTP status {status}"
            except BrokenPipeError:
                raise  # nobody reads what we print
            except (OSError, TimeoutError) as broken:
                problem = str(broken) or type(broken).__name__
                if self.position is None and wait > 8:
                    raise NoConnection(f"cannot connect to {self.url}: {problem}") from broken
            # Not all clients at the same moment after a restart.
            pause = wait * random.uniform(0.5, 1)
            print(f"{problem}; trying again in {pause:.1f} s", file=sys.stderr, flush=True)
            await asyncio.sleep(pause)
            wait = min(wait * 2, 30)

    async def serve(self, socket):
        result = await self.hello(socket)
        if result is not None:
            return result
        while True:
            frame = json.loads(await socket.recv())
            self.position = frame.get("position") or self.position
            result = self.receive(frame)
            if result is not None:
                return result


def with_query(url, query):
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def stream_operation(url, operation_id):
    """Follows one operation until it ends."""

    async def hello(socket):
        show(json.loads(await socket.recv()), with_id=False)  # connected
        # Subscribe first and ask then: nothing can happen unseen in between.
        refused = (await command(socket, "subscribe", operation_id=operation_id)).get("error")
        if refused:
            raise NoConnection(refused)
        operation = (await command(socket, "get_operation", operation_id=operation_id))["operation"]
        if operation is None:
            print(f"there is no operation {operation_id}", file=sys.stderr)
            return 1
        print(f"{operation['operation_type']}: {operation['status']} {bar(operation['progress'])}", flush=True)
        if operation["status"] in ENDED:
            return 0 if operation["status"] == "completed" else 1
        return None

    def receive(frame):
        if frame.get("operation_id") == operation_id or frame.get("event_type") == "warning":
            show(frame, with_id=False)
        return {"completed": 0, "error": 1}.get(frame.get("event_type"))

    return await Follower(url, hello, receive).run()


async def monitor(url):
    """Follows all operations until it is interrupted."""

    async def hello(_socket):
        return None  # who commands nothing receives everything

    return await Follower(url, hello, show).run()


async def stats(url):
    """Prints the server's statistics."""
    async with connect(url) as socket:
        await socket.recv()  # connected
        answer = await command(socket, "get_stats")
    for name, value in answer["stats"].items():
        print(f"{name.replace('_', ' ')}: {value}")
    return 0


HELP = """Commands:
  subscribe <operation-id>     events of one operation; may be said several times
  unsubscribe <operation-id>   no more of them
  monitor                      events of all operations
  get <operation-id>           one operation as it is now
  list                         all operations
  stats                        the server's statistics
  help, quit"""

COMMANDS = {"subscribe": "subscribe", "unsubscribe": "unsubscribe", "monitor": "monitor", "get": "get_operation",
            "list": "get_operations", "stats": "get_stats"}  # fmt: skip


def typed_lines():
    """A queue of the lines typed, None at the end. Reading a terminal blocks, so a thread does it."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue()

    def read():
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    return lines


async def interactive(url):
    """Sends what is typed, shows what comes."""
    async with connect(url) as socket:

        async def listen():
            async for message in socket:
                frame = json.loads(message)
                if "position" in frame or frame.get("event_type") in ("connected", "warning"):
                    show(frame)
                else:
                    print(json.dumps(frame, indent=2, ensure_ascii=False), flush=True)

        listener = asyncio.create_task(listen())
        print(HELP, flush=True)
        lines = typed_lines()
        typed = asyncio.create_task(lines.get())
        try:
            while True:
                await asyncio.wait({listener, typed}, return_when=asyncio.FIRST_COMPLETED)
                if listener.done():
                    raise NoConnection(f"the server closed the connection: {socket.close_code} {socket.close_reason}")
                words = shlex.split(typed.result() or "quit")
                if words and words[0] in ("quit", "exit"):
                    return 0
                message = to_command(words)
                if message:
                    await socket.send(json.dumps(message))
                elif words:
                    print(HELP, flush=True)
                typed = asyncio.create_task(lines.get())
        finally:
            typed.cancel()
            listener.cancel()


def to_command(words):
    """The message for what was typed, or None."""
    if not words or words[0] not in COMMANDS:
        return None
    message = {"command": COMMANDS[words[0]]}
    if len(words) > 1:
        message["operation_id"] = words[1]
    return message


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", metavar="operation-id|monitor|stats|interactive")
    parser.add_argument("--url", default=os.environ.get("HANGAR_WS_URL", "ws://localhost:8765"), help="the socket (default: %(default)s)")
    asked = parser.parse_args()
    modes = {"monitor": monitor, "stats": stats, "interactive": interactive}
    if asked.what in modes:
        running = modes[asked.what](asked.url)
    else:
        running = stream_operation(asked.url, asked.what)
    try:
        return asyncio.run(running)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return 0
    except (NoConnection, OSError, websockets.WebSocketException) as problem:
        print(f"{asked.url}: {problem}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
