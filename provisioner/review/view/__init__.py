"""The differences of a plan, word by word and field by field, independent of any output format."""
