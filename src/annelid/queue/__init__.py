"""The queue of a project: verbs one after the other, in processes that outlive the page and the server.

A queued verb is a job (see `annelid.jobs`) in ``jobs/NUMBER``:

    job.json       kind ``verb``, with the verb of `annelid.project.Project` and its arguments
    started        put there by the runner when its turn has come
    run            name of the training's run, once it is known
    events.jsonl, heartbeat, stop, result.json, worker.log as in every job

``python -m annelid.queue ROOT`` is the runner: it starts one worker after the other and ends with the queue. A lock
that dies with its process sees to it that there is one. Nothing but these files is known to anybody: whoever is killed,
the others go on.
"""

from __future__ import annotations

from annelid.queue.entries import Queued, add, find, listed, result, resume, stop
from annelid.queue.runner import begin

__all__ = ["Queued", "add", "begin", "find", "listed", "result", "resume", "stop"]
