"""A program that comes up slowly and gives up after a minute of the sandbox's, before it is healthy."""

import sys
import time

time.sleep(6)  # a minute at the sandbox's own speed of 10
print("dies_after_a_minute has had enough", flush=True)
sys.exit(3)
