"""Project: every verb of Annelid as a method. The command line and the demo call nothing else."""

from annelid.project.learning import Project

__all__ = ["Project"]
