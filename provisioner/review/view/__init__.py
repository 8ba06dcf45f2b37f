"""A plan as people see it: what differs, word by word and field by field, before any renderer gives it a form."""
