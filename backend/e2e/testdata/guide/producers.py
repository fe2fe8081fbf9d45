# The guide's producers, word for word but for the module's name: an agent with StreamingMixin, steps with ProgressTracker,
# the single calls, and a cached result. The work between the calls is ours. Prints the result of what is asked for.
import asyncio
import json
import sys

from streaming_support import ProgressTracker, StreamingMixin, cache_manager, ws_manager


class MyCustomAgent(StreamingMixin):
    async def process_data(self, data):
        async with self.stream_operation('process_data', {'input': data}):
            # Step 1
            await self.emit_progress(0.2, "Loading data")
            loaded_data = await self.load(data)

            # Step 2
            await self.emit_progress(0.5, "Processing")
            processed = await self.process(loaded_data)

            # Step 3
            await self.emit_progress(0.8, "Finalizing")
            result = await self.finalize(processed)

            # Done
            await self.emit_result(result)
            return result

    async def load(self, data):
        await self.emit_status("loading", "Reading", {"bytes": len(data)})
        return data

    async def process(self, data):
        await self.emit_log("info", f"{len(data)} characters")
        if data == "bad":
            raise ValueError("bad data")
        return data.upper()

    async def finalize(self, data):
        return {"output": data}


async def multi_step_operation():
    operation_id = await ws_manager.create_operation("multi_step")
    tracker = ProgressTracker(operation_id, total_steps=5)

    await tracker.step("Step 1: Initialize")
    # ... do work ...

    await tracker.step("Step 2: Process")
    # ... do work ...

    await tracker.step("Step 3: Validate")
    # ... do work ...

    await tracker.step("Step 4: Generate output")
    # ... do work ...

    await tracker.step("Step 5: Cleanup")
    result = {"steps": 5}

    await tracker.complete(result)
    return result


async def my_operation():
    # Create operation
    operation_id = await ws_manager.create_operation("my_operation")

    try:
        # Progress updates
        await ws_manager.emit_progress(operation_id, 0.1, "Starting")
        # ... work ...

        await ws_manager.emit_progress(operation_id, 0.5, "Halfway")
        # ... more work ...

        # Success
        result = {"output": "done"}
        await ws_manager.emit_result(operation_id, result)
        return result

    except Exception as e:
        # Error
        await ws_manager.emit_error(operation_id, str(e), type(e).__name__)
        raise


async def cached_streaming_operation(input_data):
    # Check cache first
    cached = cache_manager.get(f"op:{input_data}")
    if cached:
        return cached

    # Stream operation
    operation_id = await ws_manager.create_operation("cached")
    result = {"of": input_data}
    await ws_manager.emit_result(operation_id, result)

    # Cache result
    cache_manager.set(f"op:{input_data}", result)
    return result


async def cached_twice():
    return [await cached_streaming_operation("x"), await cached_streaming_operation("x")]


async def two_at_once():
    agent = MyCustomAgent()
    return await asyncio.gather(agent.process_data("one"), agent.process_data("two"))


async def cancelled():
    async def work():
        async with StreamingMixin().stream_operation("slow"):
            begun.set()
            await asyncio.sleep(60)

    begun = asyncio.Event()
    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return "cancelled"


WORK = {
    "agent": lambda: MyCustomAgent().process_data("good"),
    "failing agent": lambda: MyCustomAgent().process_data("bad"),
    "two agents": two_at_once,
    "steps": multi_step_operation,
    "single calls": my_operation,
    "cache": cached_twice,
    "cancelled": cancelled,
}

print(json.dumps(asyncio.run(WORK[sys.argv[1]]())))
