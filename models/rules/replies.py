"""What an observation of the relay means for the delivery and for the campaign."""
