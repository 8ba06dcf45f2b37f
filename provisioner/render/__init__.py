"""Plans, events, outcomes and states as text and JSON. It returns text, or writes to the stream that it is given."""
