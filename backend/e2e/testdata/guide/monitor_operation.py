# The guide's "Simple Monitoring" (docs/websockets.md), word for word; only the address and the id come from the command line.
import sys
import asyncio
import websockets
import json


async def monitor_operation(operation_id):
    uri = sys.argv[1]

    async with websockets.connect(uri) as websocket:
        # Receive welcome
        await websocket.recv()

        # Subscribe
        await websocket.send(json.dumps({
            "command": "subscribe",
            "operation_id": operation_id
        }))

        print(f"Monitoring operation: {operation_id}\n", flush=True)

        async for message in websocket:
            event = json.loads(message)

            if event['event_type'] == 'progress':
                progress = event['data']['progress'] * 100
                message = event['data']['message']
                print(f"[{progress:.0f}%] {message}")

            elif event['event_type'] == 'completed':
                duration = event['data']['duration']
                print(f"\n✅ Completed in {duration:.2f}s")
                break

            elif event['event_type'] == 'error':
                error = event['data']['error']
                print(f"\n❌ Error: {error}")
                break


asyncio.run(monitor_operation(sys.argv[2]))
