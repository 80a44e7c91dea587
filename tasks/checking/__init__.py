"""The check of a configuration: what a campaign leans on, line by line, without writing to any resident."""
