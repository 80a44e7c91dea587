"""An SMTP server that takes every message and keeps none: ``python -m benchmarks.sink PORT``."""

import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

controller = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
while True:
    time.sleep(3600)
