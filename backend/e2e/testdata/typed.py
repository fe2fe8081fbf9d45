# Runs a client at a terminal of its own and types a line whenever the client has answered: typed.py LINES CLIENT ARGS...
import subprocess
import sys

lines = open(sys.argv[1]).read().splitlines()
client = subprocess.Popen([sys.executable, "-u", "-B", *sys.argv[2:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
# What the client says when it has done each: the help at first, then the closing brace of an answer, or the help again.
for line in lines:
    for said in client.stdout:
        print(said, end="", flush=True)
        if said.startswith("}") or said.startswith("  help, quit"):
            break
    client.stdin.write(line + "\n")
    client.stdin.flush()
for said in client.stdout:
    print(said, end="", flush=True)
sys.exit(client.wait())
