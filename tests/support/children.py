"""Work done in a forked child of the tests' process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any


def in_child(work: Callable[[], Any], fork: Callable[[], int] = os.fork) -> str:
    """What *work* returns in a forked child, as text; the child may take ten seconds."""
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        try:
            os.write(writing, str(work()).encode())
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    timer = threading.Timer(10, os.kill, (child, signal.SIGKILL))
    timer.start()
    os.waitpid(child, 0)
    timer.cancel()
    with os.fdopen(reading) as file:
        return file.read()
