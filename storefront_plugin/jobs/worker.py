"""The worker: a process of its own that runs all jobs when they are due, counting orders as they come."""

from __future__ import annotations

import logging
import threading

from flask import Flask

from ..core.errors import Stopped, StorefrontError
from .schedule import Schedule

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.1
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 30.0
"""Longest pause between two tries while Redis or the database is gone."""


class Worker:
    """Runs the jobs of *schedule* until `stop`. Each step has an app context of its own."""

    def __init__(self, app: Flask, schedule: Schedule) -> None:
        self._app = app
        self._schedule = schedule
        self._stopping = threading.Event()
        self._pause = BUSY_SECONDS
        self._trouble: str | None = None

    def stop(self) -> None:
        """Let `run` return after the present step."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping.is_set():
            self._stopping.wait(self.step())

    def step(self) -> float:
        """Do what there is to do; the seconds to wait before the next step. Trouble is logged once, then retried."""
        try:
            with self._app.app_context():
                worked = self._schedule.turn("worker", self._go_on).worked
        except Stopped:
            return 0.0
        except Exception as error:  # whatever it is, orders wait safely in the log while we try again
            return self._met(error)
        if self._trouble is not None:
            logger.info("Working again.")
            self._trouble, self._pause = None, BUSY_SECONDS
        self._pause = BUSY_SECONDS if worked else min(self._pause * 2, IDLE_SECONDS)
        return self._pause

    def _met(self, error: Exception) -> float:
        sentence = f"{type(error).__name__}: {error}"
        if self._trouble is None:
            self._pause = IDLE_SECONDS / 2
            known = isinstance(error, StorefrontError)
            logger.warning("%s Trying again until it works.", error if known else sentence, exc_info=not known)
        self._trouble = sentence
        self._pause = min(self._pause * 2, TROUBLE_SECONDS)
        return self._pause

    def _go_on(self, *progress: object) -> None:
        if self._stopping.is_set():
            raise Stopped("The worker was stopped midway; the next one continues.")
