# The guide's "Connect a Client", word for word; only the address and the id come from the command line.
import sys
import asyncio
import websockets
import json


async def connect():
    uri = sys.argv[1]
    async with websockets.connect(uri) as websocket:
        # Receive welcome message
        welcome = await websocket.recv()
        print(f"Connected: {welcome}")

        # Subscribe to an operation
        await websocket.send(json.dumps({
            "command": "subscribe",
            "operation_id": sys.argv[2]
        }))

        # Listen for updates
        async for message in websocket:
            event = json.loads(message)
            print(f"Event: {event['event_type']} - {event['data']}", flush=True)


asyncio.run(connect())
