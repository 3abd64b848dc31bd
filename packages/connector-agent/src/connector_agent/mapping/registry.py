"""Every step that a mapping can use, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from connector_agent.mapping.date_step import DATE_STEPS
from connector_agent.mapping.money_step import MONEY_STEPS
from connector_agent.mapping.number_steps import NUMBER_STEPS
from connector_agent.mapping.step import Step
from connector_agent.mapping.text_steps import TEXT_STEPS

STEPS: Mapping[str, Step] = MappingProxyType(
    {step.name: step for step in (*TEXT_STEPS, *NUMBER_STEPS, *MONEY_STEPS, *DATE_STEPS)}
)
