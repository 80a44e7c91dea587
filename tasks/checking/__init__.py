"""The check of a configuration: what a campaign leans on, line by line, without writing to any resident."""

from tasks.checking.before import before_campaign
from tasks.checking.result import Finding, Light, NewAddress, Report
from tasks.checking.whole import check_configuration

__all__ = ["Finding", "Light", "NewAddress", "Report", "before_campaign", "check_configuration"]
