"""What the requests of one server share: the project, and later the open images and the assistant."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from annelid.project import Project


class Desk:
    """What lies open while a project is served; its parts may be used by several threads at once.

    Args:
        root: the project's folder.

    Raises:
        ProjectError: it is not a project.
    """

    def __init__(self, root: Path) -> None:
        self.project = Project(root)

    def close(self) -> None:
        """Let go of everything."""
        self.project.close()


def desk_of(request: Request) -> Desk:
    """The desk of the server that a request came to."""
    desk: Desk = request.app.state.desk
    return desk
