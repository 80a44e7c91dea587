"""Reminders, from what is due to what was chosen: see planning, choosing, shown, freshness."""
