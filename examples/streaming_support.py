"""Reports the progress of long-running work to Hangar, from Python, with nothing beyond its standard library.

An agent becomes visible by one line around its work:

    class MyAgent(StreamingMixin):
        async def process(self, data):
            async with self.stream_operation("process_data", {"size": len(data)}):
                await self.emit_progress(0.5, "Half of it")
                ...
                await self.emit_result({"rows": 42})

ProgressTracker counts steps; ws_manager has the single calls; cache_manager keeps results by key.

Hangar's address is HANGAR_URL (http://127.0.0.1:8000), its key HANGAR_API_KEY. The work comes first: when a report does not
get through, a warning is logged and the work goes on.
"""

import asyncio
import contextvars
import json
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict

logger = logging.getLogger("hangar.streaming")

TIMEOUT = 5.0  # seconds for one report
QUIET = 5.0  # seconds without progress reports after one found nobody: a dead server must not slow the work


class OperationReporter:
    """The single calls. Each returns whether Hangar took the report; none raises because of Hangar."""

    def __init__(self, url=None, api_key=None):
        """url and api_key default to HANGAR_URL and HANGAR_API_KEY, read at the first report."""
        self._url, self._api_key = url, api_key
        self._quiet_until = 0.0
        self._ended = set()  # operations that Hangar has ended, by cancelling for instance

    async def create_operation(self, operation_type, metadata=None):
        """Announces an operation and gives its id; "" when Hangar cannot be reached: reports to "" go nowhere."""
        answer = await self._post("operations", {"operation_type": operation_type, "metadata": metadata or {}})
        return answer["operation_id"] if answer else ""

    async def emit_progress(self, operation_id, progress, message="", details=None):
        """progress: 0.0 to 1.0."""
        body = {"progress": progress, "message": message, "details": details or {}}
        return await self._emit(operation_id, "progress", body)

    async def emit_status(self, operation_id, status, message="", details=None):
        return await self._emit(operation_id, "status", {"status": status, "message": message, "details": details or {}})

    async def emit_log(self, operation_id, level, message):
        """level: info, warning, error, ..."""
        return await self._emit(operation_id, "log", {"level": level, "message": message})

    async def emit_result(self, operation_id, result):
        """Ends the operation: it is completed."""
        return await self._emit(operation_id, "result", {"result": result}, last=True)

    async def emit_error(self, operation_id, error, error_type="UnknownError"):
        """Ends the operation: it has failed."""
        return await self._emit(operation_id, "error", {"error": error, "error_type": error_type}, last=True)

    def ended(self, operation_id):
        """Whether Hangar said that it is over: somebody cancelled it, perhaps. Work that can stop early may ask."""
        return operation_id in self._ended

    async def _emit(self, operation_id, what, body, last=False):
        over = operation_id in self._ended
        if last:
            self._ended.discard(operation_id)  # nobody will ask again
        if not operation_id or over or (time.monotonic() < self._quiet_until and not last):
            return False
        path = f"operations/{urllib.parse.quote(operation_id, safe='')}/{what}"
        return await self._post(path, body, None if last else operation_id) is not None

    async def _post(self, path, body, operation_id=None):
        """Gives the answer's JSON, or None when there was none."""
        url = self._url or os.environ.get("HANGAR_URL", "http://127.0.0.1:8000")
        key = self._api_key or os.environ.get("HANGAR_API_KEY")
        headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
        try:
            data = json.dumps(body, default=str).encode()
            request = urllib.request.Request(f"{url.rstrip('/')}/api/{path}", data, headers, method="POST")
            return await asyncio.to_thread(_send, request)
        except urllib.error.HTTPError as refused:
            text = await asyncio.to_thread(refused.read, 500)
            logger.warning("Hangar refused a report (%s): %s %s", path, refused.code, text.decode(errors="replace"))
            if refused.code == 409 and operation_id is not None:
                self._ended.add(operation_id)
        except (OSError, ValueError) as problem:
            logger.warning("a report did not reach Hangar (%s): %s", path, problem)
            self._quiet_until = time.monotonic() + QUIET
        return None


def _send(request):
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return json.loads(answer.read())


ws_manager = OperationReporter()

_current = contextvars.ContextVar("operation", default=None)  # each task has its own


class StreamingMixin:
    """Gives an agent `async with self.stream_operation(...)` and calls that report to the operation around them."""

    def stream_operation(self, operation_type, metadata=None):
        """An async context manager; its value is the operation's id.

        An exception inside ends the operation as failed and goes on; without one it ends as completed, with the result
        that emit_result gave.
        """
        return _Streamed(operation_type, metadata)

    async def emit_progress(self, progress, message="", details=None):
        return await ws_manager.emit_progress(_operation(), progress, message, details)

    async def emit_status(self, status, message="", details=None):
        return await ws_manager.emit_status(_operation(), status, message, details)

    async def emit_log(self, level, message):
        return await ws_manager.emit_log(_operation(), level, message)

    async def emit_result(self, result):
        streamed = _current.get()
        if streamed is not None:
            streamed.finished = True
        return await ws_manager.emit_result(_operation(), result)


def _operation():
    streamed = _current.get()
    if streamed is None:
        logger.warning("a report outside of stream_operation goes nowhere")
        return ""
    return streamed.operation_id


class _Streamed:
    def __init__(self, operation_type, metadata):
        self.operation_type, self.metadata = operation_type, metadata
        self.operation_id, self.finished, self.before = "", False, None

    async def __aenter__(self):
        self.operation_id = await ws_manager.create_operation(self.operation_type, self.metadata)
        self.before = _current.set(self)
        return self.operation_id

    async def __aexit__(self, kind, error, _trace):
        _current.reset(self.before)
        if error is not None and not self.finished:
            # Shielded: a cancelled task still says so.
            await asyncio.shield(ws_manager.emit_error(self.operation_id, str(error) or kind.__name__, kind.__name__))
        elif not self.finished:
            await ws_manager.emit_result(self.operation_id, None)
        return False


class ProgressTracker:
    """Counts the steps of an operation."""

    def __init__(self, operation_id, total_steps):
        if total_steps < 1:
            raise ValueError(f"total_steps must be at least 1, not {total_steps}")
        self.operation_id, self.total_steps, self.current_step = operation_id, total_steps, 0

    async def step(self, message="", details=None):
        """One step more has begun or is done, as you like to count; more steps than announced stay at 1.0."""
        self.current_step += 1
        numbers = {"step": self.current_step, "total_steps": self.total_steps}
        progress = min(self.current_step / self.total_steps, 1.0)
        return await ws_manager.emit_progress(self.operation_id, progress, message, {**numbers, **(details or {})})

    async def complete(self, result=None):
        return await ws_manager.emit_result(self.operation_id, result)

    async def error(self, error):
        """error: an exception or a text."""
        kind = type(error).__name__ if isinstance(error, BaseException) else "UnknownError"
        return await ws_manager.emit_error(self.operation_id, str(error), kind)


class ResultCache:
    """Keeps results by key for a while; the oldest go first."""

    def __init__(self, seconds=300.0, entries=1000):
        self._seconds, self._entries, self._kept = seconds, entries, OrderedDict()

    def get(self, key):
        """The value, or None when it is not there or too old."""
        until, value = self._kept.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def set(self, key, value):
        self._kept.pop(key, None)
        self._kept[key] = (time.monotonic() + self._seconds, value)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)


cache_manager = ResultCache()
