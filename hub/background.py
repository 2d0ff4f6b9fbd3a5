"""Work that goes on when its request is answered, without a worker process."""

from __future__ import annotations

from threading import Thread

from django.db import connections
from django_tasks import TaskResult
from django_tasks.backends.immediate import ImmediateBackend


class ThreadBackend(ImmediateBackend):
    """Runs a task in a thread of the process that asks for it.

    The thread dies with its process, so a task keeps what it has done in short transactions and can
    go on where it was. A hub with a worker sets another backend (``LONG_TASKS``).
    """

    supports_async_task = False

    def _execute_task(self, task_result: TaskResult) -> None:
        Thread(target=self._run, args=(task_result,), daemon=True).start()

    def _run(self, task_result: TaskResult) -> None:
        try:
            super()._execute_task(task_result)
        finally:
            connections.close_all()
