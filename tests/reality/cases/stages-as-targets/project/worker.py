import os
import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("worker", os.environ["GIT_SHA"][:7], flush=True)
stop.wait()
