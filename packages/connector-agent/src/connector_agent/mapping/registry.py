"""Every step that the product has itself, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from connector_agent.mapping.blank_steps import BLANK_STEPS
from connector_agent.mapping.contact_steps import CONTACT_STEPS
from connector_agent.mapping.country_step import COUNTRY_STEPS
from connector_agent.mapping.date_steps import DATE_STEPS
from connector_agent.mapping.declaration import Step
from connector_agent.mapping.file_step import FILE_STEPS
from connector_agent.mapping.hash_step import HASH_STEPS
from connector_agent.mapping.list_steps import LIST_STEPS
from connector_agent.mapping.money_steps import MONEY_STEPS
from connector_agent.mapping.number_steps import NUMBER_STEPS
from connector_agent.mapping.pattern_steps import PATTERN_STEPS
from connector_agent.mapping.table_step import TABLE_STEPS
from connector_agent.mapping.text_steps import TEXT_STEPS

STEPS: Mapping[str, Step] = MappingProxyType(
    {
        step.name: step
        for step in (
            *TEXT_STEPS,
            *BLANK_STEPS,
            *LIST_STEPS,
            *NUMBER_STEPS,
            *MONEY_STEPS,
            *DATE_STEPS,
            *CONTACT_STEPS,
            *COUNTRY_STEPS,
            *TABLE_STEPS,
            *PATTERN_STEPS,
            *HASH_STEPS,
            *FILE_STEPS,
        )
    }
)
