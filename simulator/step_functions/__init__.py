"""Step Functions on the virtual clock: moto's interpreter of the States Language, with what it lacks."""

from .executions import Executions as Executions
from .interpreter import installed as installed
